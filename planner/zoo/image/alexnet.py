"""AlexNet: the first of the deep image classifiers (Krizhevsky, Sutskever and Hinton 2012)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder
from planner.zoo.image.vgg import classifier


def alexnet(name: str) -> Graph:
    """AlexNet as Caffe's reference model has it: 227x227, three convolutions in two groups, local response
    normalisation. torchvision's network of that name is a later one (without groups, 61.1 M weights)."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 227, 227))
    x = net.relu(net.conv(x, 96, 11, stride=4, padding=0, bias=True, name="conv1"))
    x = net.max_pool(net.local_response_norm(x), 3, stride=2)
    x = net.relu(net.conv(x, 256, 5, groups=2, bias=True, name="conv2"))
    x = net.max_pool(net.local_response_norm(x), 3, stride=2)
    for layer, (channels, groups) in enumerate(((384, 1), (384, 2), (256, 2)), start=3):
        x = net.relu(net.conv(x, channels, 3, groups=groups, bias=True, name=f"conv{layer}"))
    return net.finish(classifier(net, net.flatten(net.max_pool(x, 3, stride=2))))
