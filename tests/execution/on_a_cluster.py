"""Four studies on a Ray cluster of two nodes, each with 2 CPUs and 1 pretended GPU.

Run by test_cluster.py in a process of its own: Ray reads its settings as it is imported. Prints
what the packs' probes saw, as JSON. Folders: <folder>/<study>, and <folder>/probes/<study>.

The third study loses a node, so the fourth has one GPU.
"""

import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import ray
from cluster_probe import NotingProbe, wait_for
from ray.cluster_utils import Cluster

from vistab.cli import main
from vistab.cli.request import read_plan
from vistab.execution import ray_tune
from vistab.results.store import open_store

MEMORY = 100 * 2**20
FOLDER, SPEC = Path(sys.argv[1]), Path(sys.argv[2])


def execute(name, address, probe, gpus, cpus=1.0):
    """Run the study to its end with the engine, through the address."""
    plan = read_plan(SPEC)
    share = {"gpus_per_pack": gpus, "cpus_per_pack": cpus}
    resources = plan.study.resources.model_copy(update=share)
    plan = replace(plan, study=plan.study.model_copy(update={"resources": resources}))
    with open_store(FOLDER / name, plan.study) as store:
        ray_tune.execute(plan, store, address=address, probe=probe)
        store.consolidate(plan)
    notes = sorted((FOLDER / "probes" / name).iterdir(), key=lambda path: path.stat().st_mtime)
    return [json.loads(note.read_text()) for note in notes]


def run():
    """The four studies."""
    node = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": MEMORY}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    second = cluster.add_node(**node)
    cluster.wait_for_nodes()
    try:
        probes = FOLDER / "probes"
        seen = {"gpus": execute("gpus", cluster.address, NotingProbe(probes / "gpus", 4), 0.5)}
        seen["initialized"] = ray.is_initialized()
        words = ["study", str(SPEC), "--out", str(FOLDER / "command"), "--quiet"]
        seen["code"] = main([*words, "--address", cluster.address])
        probe = NotingProbe(probes / "removed", 1, victim=second.node_id)

        def remove():
            wait_for(
                lambda: second.node_id in str([p.read_text() for p in probes.glob("removed/*")])
            )
            cluster.remove_node(second, allow_graceful=False)

        remover = threading.Thread(target=remove)
        remover.start()
        seen["removed"] = execute("removed", cluster.address, probe, 0)
        seen["victim"] = second.node_id
        remover.join()
        probe = NotingProbe(probes / "shares", 4, linger=True)
        seen["shares"] = execute("shares", cluster.address, probe, 0.25, 0.25)
    finally:
        cluster.shutdown()
    print(json.dumps(seen))


if __name__ == "__main__":
    run()
