using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>The guard of a branch, as far as checks and pictures ask.</summary>
internal interface IArm
{
    /// <summary>What the guard asks, in short.</summary>
    string Label { get; }

    /// <summary>The case that it takes without a further condition; null when it has one.</summary>
    Type? Covers { get; }

    /// <summary>The far end of the arm's edge while a step is written down.</summary>
    object CreateInput(StepCollector collector, int node);
}
