namespace OrleansFlow.Workflows.Execution;

/// <summary>What a worker is asked to do for a run. Numbers travel.</summary>
public enum StepTaskKind
{
    /// <summary>A node's step.</summary>
    Step = 0,

    /// <summary>A question about the context; changes nothing.</summary>
    Query = 1,

    /// <summary>A validated change of the context.</summary>
    Update = 2,
}
