using System.ComponentModel.DataAnnotations;
using OrleansFlow.Hosting;

namespace OrleansFlow.Queries;

/// <summary>How queries run on many workers, and how many at once. Section: <c>OrleansFlow:Queries</c>. Read once when a silo starts.</summary>
public sealed class DistributedQueryOptions : IValidatableObject
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Queries";

    /// <summary>Whether queries run on workers at all; else each runs in the gateway's process.</summary>
    /// <value>Default true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>Queries of one tenant that run on workers at the same time; further ones wait. More: more memory of the workers.</summary>
    /// <value>Default 16. Range 1 to 10 000.</value>
    public int ConcurrentMax { get; set; } = 16;

    /// <summary>Queries of one tenant that may wait; further ones are refused with <c>limit_exceeded</c>.</summary>
    /// <value>Default 100. Range 0 to 10 000.</value>
    public int QueuedMax { get; set; } = 100;

    /// <summary>How long a query waits for its turn before it is refused with <c>limit_exceeded</c>.</summary>
    /// <value>Default 30 s. Range 100 ms to 1 h.</value>
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Memory that the queries of one tenant may claim together, in bytes; one alone always may run.</summary>
    /// <value>Default 8 GiB. Range 64 MiB to 1 PiB.</value>
    public long TenantMemoryBytesMax { get; set; } = 8L << 30;

    /// <summary>Memory that a query claims, in bytes.</summary>
    /// <value>Default 512 MiB. Range 1 MiB to 1 TiB.</value>
    public long QueryMemoryBytes { get; set; } = 512L << 20;

    /// <summary>Attempts of a task of a query. 1: a lost worker fails the query.</summary>
    /// <value>Default 3. Range 1 to 100.</value>
    public int AttemptsMax { get; set; } = 3;

    /// <summary>How long a task's own word is waited for after another one could not read its rows; then its worker counts as lost.</summary>
    /// <value>Default 1 s. Range 0 to 1 min.</value>
    public TimeSpan LossGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a query that nothing happens to is looked after: cancellation, deadlines and lost workers are noticed so fast.</summary>
    /// <value>Default 500 ms. Range 50 ms to 10 s.</value>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long nothing has to be heard of the gateway of a query until the query is given up.</summary>
    /// <value>Default 30 s. Range 1 s to 1 h.</value>
    public TimeSpan ForgetAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tasks of a stage for each worker. More: more cores of a worker work on a query, and more connections.</summary>
    /// <value>Default 1. Range 1 to 64.</value>
    public int TasksPerWorker { get; set; } = 1;

    /// <summary>Bytes that one task should read; a query that reads less than twice as many runs in one process.</summary>
    /// <value>Default 16 MiB. Range 1 to 1 TiB.</value>
    public long BytesPerTask { get; set; } = 16L << 20;

    /// <summary>Bytes up to which one side of a join goes to every task instead of both sides by their keys; 0: never by size.</summary>
    /// <value>Default 8 MiB. Range 0 to 1 TiB.</value>
    public long BroadcastBytesMax { get; set; } = 8L << 20;

    /// <summary>Whether every stage keeps its rows until the query ends: a lost worker then costs its own tasks only, and every row is written before it is read.</summary>
    /// <value>Default false.</value>
    public bool KeepsRows { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Key, string? Fault)[] faults =
        [
            (nameof(ConcurrentMax), OptionRange.Fault(SectionName, nameof(ConcurrentMax), ConcurrentMax, 1, 10_000)),
            (nameof(QueuedMax), OptionRange.Fault(SectionName, nameof(QueuedMax), QueuedMax, 0, 10_000)),
            (nameof(QueueWait), OptionRange.Fault(SectionName, nameof(QueueWait), QueueWait, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))),
            (nameof(TenantMemoryBytesMax), OptionRange.Fault(SectionName, nameof(TenantMemoryBytesMax), TenantMemoryBytesMax, 64L << 20, 1L << 50)),
            (nameof(QueryMemoryBytes), OptionRange.Fault(SectionName, nameof(QueryMemoryBytes), QueryMemoryBytes, 1L << 20, 1L << 40)),
            (nameof(AttemptsMax), OptionRange.Fault(SectionName, nameof(AttemptsMax), AttemptsMax, 1, 100)),
            (nameof(LossGrace), OptionRange.Fault(SectionName, nameof(LossGrace), LossGrace, TimeSpan.Zero, TimeSpan.FromMinutes(1))),
            (nameof(CheckInterval), OptionRange.Fault(SectionName, nameof(CheckInterval), CheckInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10))),
            (nameof(ForgetAfter), OptionRange.Fault(SectionName, nameof(ForgetAfter), ForgetAfter, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            (nameof(TasksPerWorker), OptionRange.Fault(SectionName, nameof(TasksPerWorker), TasksPerWorker, 1, 64)),
            (nameof(BytesPerTask), OptionRange.Fault(SectionName, nameof(BytesPerTask), BytesPerTask, 1, 1L << 40)),
            (nameof(BroadcastBytesMax), OptionRange.Fault(SectionName, nameof(BroadcastBytesMax), BroadcastBytesMax, 0, 1L << 40)),
        ];
        return faults.Where(fault => fault.Fault is not null).Select(fault => new ValidationResult(fault.Fault, [fault.Key]));
    }
}
