using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Worker.Jobs;

/// <summary>What a worker does for streaming jobs. Section: <c>OrleansFlow:Worker:Jobs</c>. Read once, when the host starts.</summary>
public sealed class JobWorkerOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = WorkerOptions.SectionName + ":Jobs";

    /// <summary>Most slots for streaming jobs that one worker may have.</summary>
    public const int SlotsMax = 10_000;

    /// <summary>Slots for streaming jobs, beside those for tasks; one holds at most one subtask of each node of a program. More: more memory and threads.</summary>
    /// <value>Default 16. Range 0 to 10 000; 0: it takes no streaming jobs.</value>
    public int Slots { get; set; } = 16;

    /// <summary>The only job that it takes; it is then a worker of that job alone, which ends a second after the job was finished.</summary>
    /// <value>Default null: that of the environment's <c>JOB_ID</c>, and any without it.</value>
    public string? JobId { get; set; }

    /// <summary>Which run of <see cref="JobId"/>, for its gateway.</summary>
    /// <value>Default null: that of the environment's <c>RUN_ID</c>, and any without it.</value>
    public string? RunId { get; set; }

    /// <summary>
    /// Memory that the state of all streaming jobs may take, in bytes; beyond it, windows and rows that wait for each other go to files below <c>OrleansFlow:Worker:TempFolder</c>.
    /// More: less is written; less is left for the engine of queries and for rows on their way.
    /// </summary>
    /// <value>Default null: two fifths of the memory that the process may use. Range 16 MiB to 1 PiB.</value>
    public long? StateMemoryBytes { get; set; }

    /// <summary>Port of <c>orleansflow.streaming.v1.WorkerService</c>, on loopback: for tools of this host that steer the worker's jobs. The gateway does not need it.</summary>
    /// <value>Default null: none. Range 0 to 65 535; 0: a free one, which the worker registers.</value>
    public int? RpcPort { get; set; }

    /// <summary>Bearer token that callers of the service show.</summary>
    /// <value>Default null: none; then every program of this host may call it.</value>
    public string? RpcToken { get; set; }

    /// <summary>How long jobs may take for a last checkpoint, so that they can move, when the worker is to stop. Keep it below the host's own <c>ShutdownTimeout</c>.</summary>
    /// <value>Default 30 s. Range 0 to 1 h.</value>
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The memory of state.</summary>
    /// <param name="folder">Where files go.</param>
    internal StreamMemory OpenMemory(string folder) => new(StateMemoryBytes ?? StreamMemory.DefaultBytes, folder);
}
