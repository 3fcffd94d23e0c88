using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The way from a parent to a node of a compiled graph.</summary>
/// <param name="Parent">Position of the parent.</param>
/// <param name="On">Which end of the parent leads on.</param>
/// <param name="When">What must hold besides; null for nothing.</param>
/// <param name="AtFirstBatch">True: the parent's first batch leads on already.</param>
public sealed record PlanEdge(int Parent, EdgeCondition On, Expression? When, bool AtFirstBatch)
{
    /// <summary>True when what becomes of it follows from how the parent ended, so that it need not be stored before the node opens.</summary>
    public bool FollowsParent => When is null && !AtFirstBatch;
}

/// <summary>A way out of a node.</summary>
/// <param name="Child">Position of the node that it leads to.</param>
/// <param name="Edge">Its number among that node's edges.</param>
public readonly record struct PlanExit(int Child, int Edge);

/// <summary>Which end of a parent leads to its child.</summary>
public enum EdgeCondition
{
    /// <summary>It completed.</summary>
    Success,

    /// <summary>It failed for good.</summary>
    Failure,

    /// <summary>Either.</summary>
    Done,
}

/// <summary>What became of an edge in a run.</summary>
public enum EdgeState : byte
{
    /// <summary>Not known yet.</summary>
    Open,

    /// <summary>It led on: the parent is a source of the node's input.</summary>
    Taken,

    /// <summary>It leads nowhere in this run.</summary>
    Dead,

    /// <summary>The node had started before it was known.</summary>
    Late,
}
