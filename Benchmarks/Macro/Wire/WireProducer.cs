using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Wire;

/// <summary>Gives as many batches as the ticket says, or one row, out of memory; swallows uploads.</summary>
internal sealed class WireProducer(WireRows rows) : IFlightProducer
{
    /// <summary>Ticket of one batch of one row.</summary>
    public const string OneRow = "row";

    public Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        var text = ticket.AsText();
        return Task.FromResult(new FlightStream(
            WireRows.Schema, text == OneRow ? OneRowAsync() : BatchesAsync(int.Parse(text, CultureInfo.InvariantCulture))));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context)
    {
        var rowCount = 0L;
        await foreach (var element in batches)
        {
            rowCount += element.Batch?.RowCount ?? 0;
            element.Batch?.Dispose();
        }

        yield return BitConverter.GetBytes(rowCount);
    }

    private async IAsyncEnumerable<RecordBatch> BatchesAsync(int count)
    {
        await Task.CompletedTask;
        for (var index = 0; index < count; index++)
        {
            yield return rows.Batches[index % rows.Batches.Count].Retain();
        }
    }

    private async IAsyncEnumerable<RecordBatch> OneRowAsync()
    {
        await Task.CompletedTask;
        yield return rows.OneRow.Retain();
    }
}
