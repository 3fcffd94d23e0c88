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

    /// <summary>
    /// What of a caller says whose queries it sends: <c>name</c>, the proved name as a whole; else a name as <c>OU</c> or <c>tenant</c>, looked for in the subject of a client
    /// certificate and as <c>NAME=VALUE</c> in a token's subject (parts separated by commas). Whoever has none is the tenant <c>default</c>. Turns, listings and kept results
    /// are by tenant.
    /// </summary>
    /// <value>Default null: everybody is the tenant <c>default</c>. 1 to 64 characters.</value>
    public string? TenantClaim { get; set; }

    /// <summary>Memory that the queries of one tenant may claim together, in bytes; one alone always may run.</summary>
    /// <value>Default 8 GiB. Range 64 MiB to 1 PiB.</value>
    public long TenantMemoryBytesMax { get; set; } = 8L << 30;

    /// <summary>Memory that a query claims, in bytes.</summary>
    /// <value>Default 512 MiB. Range 1 MiB to 1 TiB.</value>
    public long QueryMemoryBytes { get; set; } = 512L << 20;

    /// <summary>
    /// Metadata of callers that goes along with their queries to every worker, besides <c>x-orleansflow-header-NAME</c>: for clients of Flight SQL that send names of their own.
    /// Not case-sensitive. Whatever is named here is seen by the session builders of all workers.
    /// </summary>
    /// <value>Default none. <c>authorization</c> cannot be named.</value>
    public IList<string> ForwardedHeaders { get; } = [];

    /// <summary>Attempts of a task of a query. 1: a lost worker fails the query.</summary>
    /// <value>Default 3. Range 1 to 100.</value>
    public int AttemptsMax { get; set; } = 3;

    /// <summary>How long a task's own word is waited for after another one could not read its rows; then its worker counts as lost.</summary>
    /// <value>Default 1 s. Range 0 to 1 min.</value>
    public TimeSpan LossGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a query that nothing happens to is looked after: cancellation, deadlines and lost workers are noticed so fast.</summary>
    /// <value>Default 500 ms. Range 50 ms to 10 s.</value>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a worker with unfinished tasks of a query may say nothing until the query takes it for lost, though its connection stands. A worker reports every
    /// <c>OrleansFlow:Worker:Queries:ReportInterval</c>; less than several of them takes busy workers for lost.
    /// </summary>
    /// <value>Default 15 s. Range 1 s to 1 h.</value>
    public TimeSpan WorkerSilenceMax { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long nothing has to be heard of the gateway of a query until the query is given up.</summary>
    /// <value>Default 30 s. Range 1 s to 1 h.</value>
    public TimeSpan ForgetAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tasks of a stage for each worker. More: more cores of a worker work on a query, and more connections.</summary>
    /// <value>Default 1. Range 1 to 64.</value>
    public int TasksPerWorker { get; set; } = 1;

    /// <summary>Partitions of a shuffle for each task that reads it. More: skewed ones can be dealt out again, and more and smaller messages travel.</summary>
    /// <value>Default 1. Range 1 to 64.</value>
    public int PartitionsPerTask { get; set; } = 1;

    /// <summary>Bytes that one task should read; a query that reads less than twice as many runs in one process.</summary>
    /// <value>Default 4 MiB. Range 1 to 1 TiB.</value>
    public long BytesPerTask { get; set; } = 4L << 20;

    /// <summary>Bytes up to which one side of a join goes to every task instead of both sides by their keys, when that moves fewer bytes; 0: never by size.</summary>
    /// <value>Default 64 MiB. Range 0 to 1 TiB.</value>
    public long BroadcastBytesMax { get; set; } = 64L << 20;

    /// <summary>PEM file of the authorities that the certificates of workers must come from, where queries run on workers over TLS.</summary>
    /// <value>Default null: those that the system trusts.</value>
    public string? TlsAuthorityPath { get; set; }

    /// <summary>Whether every stage keeps its rows until the query ends: a lost worker then costs its own tasks only, and every row is written before it is read.</summary>
    /// <value>Default false.</value>
    public bool KeepsRows { get; set; }

    /// <summary>How long a result is kept for its caller, where that was asked for.</summary>
    /// <value>Default 1 h. Range 1 s to 30 d.</value>
    public TimeSpan KeptFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of one kept result; a longer one fails with <c>limit_exceeded</c>.</summary>
    /// <value>Default 1 GiB. Range 1 KiB to 1 TiB.</value>
    public long KeptBytesMax { get; set; } = 1L << 30;

    /// <summary>Bytes of all kept results from which on no further one is kept. More: more disk of the artifact folder.</summary>
    /// <value>Default 16 GiB. Range 1 KiB to 1 PiB.</value>
    public long KeptTotalBytesMax { get; set; } = 16L << 30;

    /// <summary>
    /// Whether stages begin when those that they read have ended, with tasks and exchanges that fit what these made; a query says otherwise by its header
    /// <c>orleansflow-adaptive</c> (true or false). Rows between stages are then kept until the query ends, but for those of the last exchange.
    /// </summary>
    /// <value>Default false.</value>
    public bool Adaptive { get; set; }

    /// <summary>Partitions of a shuffle for each task of a query whose stages are planned anew. More: uneven keys can be dealt out better, in smaller messages.</summary>
    /// <value>Default 4. Range 1 to 64.</value>
    public int AdaptivePartitionsPerTask { get; set; } = 4;

    /// <summary>
    /// Whether the larger side of a join begins when the smaller one has ended, and leaves out rows that would find no match. The smaller side is then kept until
    /// the query ends.
    /// </summary>
    /// <value>Default true.</value>
    public bool DynamicFilters { get; set; } = true;

    /// <summary>Rows that a side of a join has to be expected to make for it to wait for the other side. Less: more queries wait, for less.</summary>
    /// <value>Default 100 000. Range 0 to 1 000 000 000 000.</value>
    public long DynamicFilterRowsMin { get; set; } = 100_000;

    /// <summary>
    /// Whether a task that takes far longer than the others of its stage gets a copy at another worker; the first of the two that ends counts. Only where all that the task
    /// reads is kept, and all that it makes is kept or not yet read: with <see cref="KeepsRows"/>, <see cref="Adaptive"/>, or below a side of a join that was waited for.
    /// </summary>
    /// <value>Default false.</value>
    public bool Speculates { get; set; }

    /// <summary>Share of the tasks of a stage that must have ended before one of the others gets a copy; at least one in any case.</summary>
    /// <value>Default 0.75. Range 0.01 to 1.</value>
    public double SpeculationShare { get; set; } = 0.75;

    /// <summary>How many times longer than the middle one of these a task must have run to get a copy.</summary>
    /// <value>Default 3. Range 1 to 1 000.</value>
    public double SpeculationFactor { get; set; } = 3;

    /// <summary>How long a task must have run in any case to get a copy.</summary>
    /// <value>Default 2 s. Range 100 ms to 1 h.</value>
    public TimeSpan SpeculationAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Copies of tasks of one query that run at the same time.</summary>
    /// <value>Default 4. Range 1 to 1 000.</value>
    public int SpeculativeCopiesMax { get; set; } = 4;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Key, string? Fault)[] faults =
        [
            (nameof(TenantClaim), TenantClaim is null or { Length: >= 1 and <= 64 }
                ? null
                : $"{SectionName}:{nameof(TenantClaim)} has {TenantClaim.Length} characters; use 1 to 64, or leave it out."),
            (nameof(ConcurrentMax), OptionRange.Fault(SectionName, nameof(ConcurrentMax), ConcurrentMax, 1, 10_000)),
            (nameof(QueuedMax), OptionRange.Fault(SectionName, nameof(QueuedMax), QueuedMax, 0, 10_000)),
            (nameof(QueueWait), OptionRange.Fault(SectionName, nameof(QueueWait), QueueWait, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))),
            (nameof(TenantMemoryBytesMax), OptionRange.Fault(SectionName, nameof(TenantMemoryBytesMax), TenantMemoryBytesMax, 64L << 20, 1L << 50)),
            (nameof(QueryMemoryBytes), OptionRange.Fault(SectionName, nameof(QueryMemoryBytes), QueryMemoryBytes, 1L << 20, 1L << 40)),
            (nameof(AttemptsMax), OptionRange.Fault(SectionName, nameof(AttemptsMax), AttemptsMax, 1, 100)),
            (nameof(LossGrace), OptionRange.Fault(SectionName, nameof(LossGrace), LossGrace, TimeSpan.Zero, TimeSpan.FromMinutes(1))),
            (nameof(CheckInterval), OptionRange.Fault(SectionName, nameof(CheckInterval), CheckInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10))),
            (nameof(WorkerSilenceMax), OptionRange.Fault(SectionName, nameof(WorkerSilenceMax), WorkerSilenceMax, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            (nameof(ForgetAfter), OptionRange.Fault(SectionName, nameof(ForgetAfter), ForgetAfter, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
            (nameof(TasksPerWorker), OptionRange.Fault(SectionName, nameof(TasksPerWorker), TasksPerWorker, 1, 64)),
            (nameof(PartitionsPerTask), OptionRange.Fault(SectionName, nameof(PartitionsPerTask), PartitionsPerTask, 1, 64)),
            (nameof(BytesPerTask), OptionRange.Fault(SectionName, nameof(BytesPerTask), BytesPerTask, 1, 1L << 40)),
            (nameof(KeptFor), OptionRange.Fault(SectionName, nameof(KeptFor), KeptFor, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30))),
            (nameof(KeptBytesMax), OptionRange.Fault(SectionName, nameof(KeptBytesMax), KeptBytesMax, 1_024, 1L << 40)),
            (nameof(KeptTotalBytesMax), OptionRange.Fault(SectionName, nameof(KeptTotalBytesMax), KeptTotalBytesMax, 1_024, 1L << 50)),
            (nameof(TlsAuthorityPath), TlsAuthorityPath is { } path && !File.Exists(path) ? $"{SectionName}:{nameof(TlsAuthorityPath)} '{path}' does not exist." : null),
            (nameof(AdaptivePartitionsPerTask), OptionRange.Fault(SectionName, nameof(AdaptivePartitionsPerTask), AdaptivePartitionsPerTask, 1, 64)),
            (nameof(DynamicFilterRowsMin), OptionRange.Fault(SectionName, nameof(DynamicFilterRowsMin), DynamicFilterRowsMin, 0, 1_000_000_000_000)),
            (nameof(SpeculationShare), OptionRange.Fault(SectionName, nameof(SpeculationShare), SpeculationShare, 0.01, 1)),
            (nameof(SpeculationFactor), OptionRange.Fault(SectionName, nameof(SpeculationFactor), SpeculationFactor, 1, 1_000)),
            (nameof(SpeculationAfter), OptionRange.Fault(SectionName, nameof(SpeculationAfter), SpeculationAfter, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))),
            (nameof(SpeculativeCopiesMax), OptionRange.Fault(SectionName, nameof(SpeculativeCopiesMax), SpeculativeCopiesMax, 1, 1_000)),
            (nameof(BroadcastBytesMax), OptionRange.Fault(SectionName, nameof(BroadcastBytesMax), BroadcastBytesMax, 0, 1L << 40)),
        ];
        return faults.Where(fault => fault.Fault is not null).Select(fault => new ValidationResult(fault.Fault, [fault.Key]));
    }
}
