using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Workflows;

/// <summary>A lease that stands: what of it is not stored.</summary>
/// <param name="epoch">Its epoch.</param>
/// <param name="worker">Who has it.</param>
/// <param name="expiresUtc">When it ends unless it is renewed.</param>
/// <param name="inRow">How many steps the worker did one after the other before this one, without the queue in between.</param>
internal sealed class StepLease(long epoch, WorkerId worker, DateTimeOffset expiresUtc, int inRow)
{
    public long Epoch { get; } = epoch;

    public WorkerId Worker { get; } = worker;

    public DateTimeOffset ExpiresUtc { get; set; } = expiresUtc;

    public int InRow { get; } = inRow;
}
