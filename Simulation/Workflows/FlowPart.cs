using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Simulation.Workflows;

/// <summary>A piece of a random workflow, which takes numbers and gives numbers: how it is built, and what it makes of numbers when nothing goes wrong.</summary>
/// <param name="Text">What it is, for a person.</param>
/// <param name="Build">Adds its nodes before the given one, and returns the first.</param>
/// <param name="Evaluate">What leaves it, of all that enters it in one run, with what happens meanwhile: an independent reading of what the nodes mean.</param>
/// <param name="KeepsCount">Whether as many numbers leave as enter.</param>
internal sealed record FlowPart(
    string Text,
    Func<FlowNodes, IAccepts<int>, WorkflowNode<int, int, MergeMap<GrowCounter>>> Build,
    Func<IReadOnlyList<int>, FlowVisits, IReadOnlyList<int>> Evaluate,
    bool KeepsCount = true);
