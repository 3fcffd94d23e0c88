using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>A run in memory: its state after the last commit that was begun. All members but <see cref="Gate"/> are read and written under it.</summary>
/// <remarks>Decisions are made on commits that are not durable yet, so that many of one run share a group; when one fails, so do those behind it.</remarks>
internal sealed class RunSlot(RunId run)
{
    public Lock Gate { get; } = new();

    public RunId Run => run;

    /// <summary>Null: it has to be read.</summary>
    public WorkflowRunState? State { get; set; }

    /// <summary>Names the last commit.</summary>
    public long Tip { get; set; }

    /// <summary>Completes when it is known whether the last commit is durable: false when it was refused.</summary>
    public Task<bool> Durable { get; set; } = Task.FromResult(true);

    public int CommitsSinceSnapshot { get; set; }

    /// <summary>When its leases are looked after next; null: none is out that nobody looks after.</summary>
    public DateTimeOffset? LeaseCheckUtc { get; set; }

    /// <summary>By item: until when a lease was renewed.</summary>
    public Dictionary<long, RenewedLease> Renewed { get; } = [];

    /// <summary>When it was used last, by the store's count of uses.</summary>
    public long LastUse { get; set; }

    public void Forget()
    {
        State = null;
        LeaseCheckUtc = null;
        Renewed.Clear();
    }
}
