namespace OrleansFlow.Events;

/// <summary>Names of the Orleans streams on which facts go out after they are committed. They are there where the silo has <c>AddFlowEvents</c>.</summary>
/// <remarks>
/// Each fact is published at least once, in order, and some again after a crash or a rest of the run: whoever counts takes only sequences above the last one
/// seen. The stored state is the truth, the stream tells of it.
/// </remarks>
public static class FlowStreams
{
    /// <summary>Name of the stream provider.</summary>
    public const string Provider = "flow-events";

    /// <summary>Namespace of the streams of <see cref="RunFact"/>; key: the id of the run.</summary>
    public const string RunEvents = "run-events";

    /// <summary>Namespace of the streams of <see cref="WorkerFact"/>; key: the id of the worker.</summary>
    public const string WorkerEvents = "worker-events";
}
