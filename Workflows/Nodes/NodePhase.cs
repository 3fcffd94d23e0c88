namespace OrleansFlow.Workflows.Nodes;

/// <summary>The part of a transform or lifecycle node that failed.</summary>
public enum NodePhase
{
    /// <summary>Before the work: reading and checking.</summary>
    Prepare = 1,

    /// <summary>The work.</summary>
    Execute = 2,

    /// <summary>After the work: what is made of its result.</summary>
    Post = 3,
}
