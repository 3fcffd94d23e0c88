namespace OrleansFlow.Testing;

/// <summary>A moment in the life of a workflow's step.</summary>
public enum StepMoment
{
    /// <summary>A worker has the lease, and has done nothing yet.</summary>
    BeforeStep = 0,

    /// <summary>The node has run with all its effects on the outside, and the run knows nothing of it.</summary>
    BeforeCommit = 1,

    /// <summary>The run has committed the step, and the worker knows nothing of it.</summary>
    AfterCommit = 2,
}
