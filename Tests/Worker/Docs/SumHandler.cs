using System.Text.Json;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>The smallest handler of <c>docs/workers.md</c>.</summary>
[RoleHandler("orders.sum", Version = "1.2")]
public sealed class SumHandler : RoleHandler
{
    private double _sum;

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        foreach (var order in JsonRows.Read(batch.Batch!))
        {
            _sum += order.GetProperty("Price").GetDouble();
        }

        return ValueTask.FromResult(BatchOutcome.None);
    }

    /// <inheritdoc/>
    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome(ResultJson: JsonSerializer.Serialize(_sum)));
}
