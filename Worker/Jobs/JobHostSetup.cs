using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Worker.Jobs;

/// <summary>What the streaming jobs of a worker are run with. Immutable; the hosting options are checked before they become one.</summary>
internal sealed record JobHostSetup
{
    /// <summary>Time between two signs of life of a job.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(5);

    /// <summary>The worker; orders to another one are refused.</summary>
    public required string WorkerId { get; init; }

    /// <summary>Slots of all jobs together; one holds at most one subtask of each node of a program. At least 1.</summary>
    public required int Slots { get; init; }

    /// <summary>The only job that is taken; empty for any. Default empty.</summary>
    public string JobId { get; init; } = "";

    /// <summary>Which run of <see cref="JobId"/>; empty for any. Default empty.</summary>
    public string RunId { get; init; } = "";

    /// <summary>Makes the operators of a run, which disposes them at its end.</summary>
    public required Func<Program, CancellationToken, ValueTask<JobOperators>> OpenOperatorsAsync { get; init; }

    /// <summary>Opens streams to other workers. Default a client without TLS options.</summary>
    public ExchangeClient Exchanges { get; init; } = new();

    /// <summary>Opens the store at a job's checkpoint URL. Default <see cref="ObjectStores.Open"/>.</summary>
    public Func<string, IObjectStore>? OpenStore { get; init; }

    /// <summary>Events of all jobs that wait to be reported, before the subtasks wait. Default 1 024. At least 1.</summary>
    public int EventsMax { get; init; } = 1_024;

    /// <summary>Queues and batches. Programs come chained: which subtasks there are is the gateway's to say.</summary>
    public StreamEngineLimits Limits { get; init; } = StreamEngineLimits.Default with { IsChaining = false };

    /// <summary>Memory of batches. Default <see cref="ArrowAllocator.Pooled"/>.</summary>
    public ArrowAllocator Allocator { get; init; } = ArrowAllocator.Pooled;

    /// <summary>What the state of all jobs may take; the host disposes it. Default null: each run has one of its own.</summary>
    public StreamMemory? Memory { get; init; }

    /// <summary>Every time. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes its loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
