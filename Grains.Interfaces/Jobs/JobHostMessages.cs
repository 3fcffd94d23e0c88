namespace OrleansFlow.Jobs;

/// <summary>What a worker says of itself to streaming jobs when its session begins.</summary>
/// <param name="SessionId">Chosen by the gateway for each stream; never repeated.</param>
/// <param name="Slots">Subtasks of each node that it runs at once.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobHostRegistration")]
public sealed record JobHostRegistration([property: Id(0)] string SessionId, [property: Id(1)] int Slots)
{
    /// <summary>Where other workers send it rows; empty when it serves none.</summary>
    [Id(2)]
    public string DataAddress { get; init; } = "";

    /// <summary>Where its calls are answered; empty when it serves none.</summary>
    [Id(3)]
    public string RpcAddress { get; init; } = "";

    /// <summary>The only job that it takes; empty: any.</summary>
    [Id(4)]
    public string OnlyJob { get; init; } = "";

    /// <summary>The runs of which it still has subtasks.</summary>
    [Id(5)]
    public IReadOnlyList<JobRunId> Runs { get; init; } = [];
}

/// <summary>One run of a job.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Generation">Which of its schedulings.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobRunId")]
public readonly record struct JobRunId([property: Id(0)] string JobId, [property: Id(1)] long Generation);

/// <summary>An order on its way to a worker.</summary>
/// <param name="OrderId">Unique in the session.</param>
/// <param name="Order">The message <c>orleansflow.streaming.v1.JobOrder</c> without its id.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobHostOrder")]
public sealed record JobHostOrder([property: Id(0)] long OrderId, [property: Id(1)] byte[] Order);

/// <summary>What a worker says of an order.</summary>
/// <param name="OrderId">Which one.</param>
/// <param name="ErrorCode">Empty: it is done. Else a stable code.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobHostReceipt")]
public sealed record JobHostReceipt([property: Id(0)] long OrderId, [property: Id(1)] string ErrorCode, [property: Id(2)] string Message);

/// <summary>What became of an order. Numbers travel.</summary>
public enum JobHostOutcome
{
    /// <summary>The worker did it.</summary>
    Done = 0,

    /// <summary>The worker, or its place here, refused it.</summary>
    Refused = 1,

    /// <summary>The worker has no session, or lost it, or does not answer: the order may be given again.</summary>
    NotHeard = 2,
}

/// <summary>What became of an order.</summary>
/// <param name="Outcome">Whether it was done.</param>
/// <param name="ErrorCode">Stable code when it was refused; else empty.</param>
/// <param name="Message">Why it was not done; empty when it was.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobHostAnswer")]
public sealed record JobHostAnswer([property: Id(0)] JobHostOutcome Outcome, [property: Id(1)] string ErrorCode, [property: Id(2)] string Message);

/// <summary>A worker as a job sees it.</summary>
/// <param name="FreeSlots">Slots that this job could have.</param>
/// <param name="DataAddress">Where other workers send it rows.</param>
/// <param name="RpcAddress">Where its calls are answered.</param>
/// <param name="IsDraining">It takes nothing new.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.JobHostView")]
public sealed record JobHostView([property: Id(0)] int FreeSlots, [property: Id(1)] string DataAddress, [property: Id(2)] string RpcAddress, [property: Id(3)] bool IsDraining);
