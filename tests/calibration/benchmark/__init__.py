"""Runs whose outcome and onset are known, ruled on by the detector, and how often it is right.

targets: what is to be learned, and the references. dice, scenarios: runs on mixtures, by
construction; particular: those that ask for a target or size of their own. image_dice,
image_scenarios: the same with real images. gans, truth: real runs, and the exact rule that labels
them. cases: which are for tuning and which are held back. results: one
case ruled on, by the detector and its rivals. scores: all of them in numbers. ablation: what each
part adds, with others' measures as conditions, and image_gans, real runs on images. page,
ablation_page: all as a page.

    python tests/calibration/benchmark/show.py tuning
"""
