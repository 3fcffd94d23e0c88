using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>Pages, checkpoints, external effects, error classes, metrics: the long example of <c>docs/workers.md</c>.</summary>
public sealed class BookHandler(IOrders orders) : RoleHandler
{
    private const int PageRows = 500;

    private long _after;

    /// <inheritdoc/>
    public override bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => checkpoint.Version == 1;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        _after = context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty("after", out var after) && after.TryGetInt64(out var id)
            ? id
            : throw new FlowException(FlowErrorCode.BadInput, "Parameter 'after' must be a whole number: the id of the order before the first one.");
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = context.Checkpoint?.Read<long>() ?? _after;
        while (await orders.ReadPageAsync(after, PageRows, cancellationToken) is { Count: > 0 } page)
        {
            yield return new InputBatch(after.ToString(CultureInfo.InvariantCulture), Payload: page);
            after = page[^1].Id;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        var page = (IReadOnlyList<Order>)batch.Payload!;
        foreach (var order in page)
        {
            await orders.BookAsync($"{context.IdempotencyKey}/{order.Id}", order, cancellationToken);
        }

        context.AddMetric("orders", page.Count);
        return new BatchOutcome(JsonRows.Of(page), Checkpoint: TaskCheckpoint.Of(1, page[^1].Id));
    }

    /// <inheritdoc/>
    public override ErrorClass ClassifyError(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: HttpStatusCode.NotFound } => new ErrorClass("no_such_order", Permanent: true),
        HttpRequestException => new ErrorClass("orders_unavailable", Permanent: false),
        _ => base.ClassifyError(exception),
    };
}
