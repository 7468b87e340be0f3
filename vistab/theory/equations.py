"""The paper's equations in our words and letters, by number.

x data, z latent, y binary label, p~(x) the data, G generator, E encoder, D discriminator,
q(z) = N(0, I) the prior; o marks the previous stage's frozen copy. KL(a||b) integrates a log(a/b).
"""

from __future__ import annotations

from collections.abc import Mapping

EQUATIONS: Mapping[str, tuple[str, str]] = {
    "E1": (
        "chain rule",
        "KL(p(x,z)||q(x,z)) = KL(p~(x)||q(x)) + E_{p~} KL(p(z|x)||q(z|x))",
    ),
    "E2": ("upper bound", "KL(p~(x)||q(x)) <= KL(p(x,z)||q(x,z))"),
    "E3": (
        "joint KL of EM and VAE",
        "KL(p(x,z)||q(x,z)) = E_{p~}[-E_{p(z|x)} log q(x|z) + KL(p(z|x)||q(z))] + E_{p~} log p~(x)",
    ),
    "E4": ("VAE, z reparametrised", "E_{p~}[-log q(x|z) + KL(p(z|x)||q(z))]"),
    "E5": (
        "EM, least at p(z|x) = q(z|x)",
        "KL(p~||q(x)) + E_{p~} KL(p(z|x)||q(z|x))",
    ),
    "E6": ("GAN, discriminator phase", "-E_{p~} log D(x) - E_q log(1 - D(x))"),
    "E7": (
        "its optimum",
        "D*(x) = p~(x) / (p~(x) + q^o(x)), so p~(x) = q^o(x) D*(x) / (1 - D*(x))",
    ),
    "E8": ("GAN, generator phase", "-E_z log D(G(z)) + KL(q(x)||q^o(x))"),
    "E9": ("small steps, F the Fisher information of q", "KL(q||q^o) ~ 1/2 dtheta^T F dtheta"),
    "E10": (
        "bound by samples of width s",
        "KL(q(x)||q^o(x)) <= lambda E_z ||G(z) - G^o(z)||^2, lambda = 1/(2 s^2)",
    ),
    "E11": ("GAN, full generator loss", "E_z[-log D(G(z)) + lambda ||G(z) - G^o(z)||^2]"),
    "E12": ("AAE, discriminator phase", "-E_{q(z)} log D(z) - E_{p~} log(1 - D(E(x)))"),
    "E13": ("AAE, encoder phase", "-E_{p~} log D(E(x)) + KL(p(z)||p^o(z))"),
    "E14": ("AAE, with a decoder", "E13 + mu E_{p~} ||x - G(E(x))||^2"),
    "E15": ("ALI, discriminator phase", "-E_p log D(x,z) - E_q log(1 - D(x,z))"),
    "E16": (
        "ALI, generator and encoder phase",
        "-E_p log D - E_q log D + E_{q(z)} KL(q(x|z)||q^o(x|z)) + E_q log p^o(z|x) / p(z|x)",
    ),
    "E17": ("the same, both extra terms dropped", "-E_p log D(x,E(x)) - E_q log D(G(z),z)"),
    "E18": ("standard ALI, minimax", "E_p log D + E_q log(1 - D)"),
    "E19": ("standard ALI, non-saturating", "-E_p log(1 - D) - E_q log D"),
}
"""What each is and its formula in plain text, E1 to E19."""
