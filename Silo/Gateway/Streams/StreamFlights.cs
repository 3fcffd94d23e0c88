using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Gateway.Flight;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>Live streams as flights: <c>DoPut</c> appends, <c>DoGet</c> reads from an offset on and goes on with what comes.</summary>
internal sealed class StreamFlights(StreamLogs logs, FlightTickets tickets)
{
    private const string Earliest = "earliest";
    private const string Latest = "latest";

    /// <summary>What there is to know about a stream; the ticket holds the offsets that the words stand for now.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: the offsets make no sense.</exception>
    public async Task<FlightInfo> GetInfoAsync(FlightPath path, CancellationToken cancellationToken)
    {
        var log = await logs.GetAsync(path.Name, cancellationToken);
        var (from, to) = RangeOf(path, log);
        var exact = FlightPath.OfStream(path.Name, Text(from), to is { } end ? Text(end) : null);
        return new FlightInfo
        {
            Schema = log.Schema,
            Descriptor = path.Descriptor,
            Endpoints = [tickets.Endpoint(exact)],
            TotalRecords = to - from ?? -1,
            IsOrdered = true,
            AppMetadata = JsonSerializer.SerializeToUtf8Bytes(new StreamBounds(log.Oldest, log.End.Next), FlightJson.Default.StreamBounds),
        };
    }

    /// <summary>The rows of a stream. Each batch carries its offsets as application metadata.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>.</exception>
    public async Task<FlightStream> OpenAsync(FlightPath path, CancellationToken cancellationToken)
    {
        var log = await logs.GetAsync(path.Name, cancellationToken);
        var (from, to) = RangeOf(path, log);
        return new FlightStream(log.Schema, ReadAsync(log, from, to, cancellationToken));
    }

    /// <summary>Appends batches, each durably before its acknowledgement.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: other columns; <c>store_in_use</c>; <c>store_unavailable</c>.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> PutAsync(
        FlightPath path, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (path.From is not null)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Rows are appended at the end of a stream; send them to [\"{FlightPaths.Streams}\", \"{path.Name}\"].");
        }

        var log = await logs.GetOrMakeAsync(path.Name, schema, cancellationToken);
        await foreach (var group in BatchGroups.ReadAsync(batches, cancellationToken))
        {
            List<int> rows;
            long first;
            try
            {
                rows = group.ConvertAll(batch => batch.RowCount);
                first = await log.AppendAsync(group, cancellationToken);
            }
            finally
            {
                group.ForEach(batch => batch.Dispose());
            }

            foreach (var count in rows)
            {
                yield return Receipt(first, count);
                first += count;
            }
        }
    }

    /// <summary>The streams.</summary>
    public async IAsyncEnumerable<FlightInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var stream in await logs.ListAsync(cancellationToken))
        {
            yield return await GetInfoAsync(FlightPath.OfStream(stream.Name), cancellationToken);
        }
    }

    private static (long From, long? To) RangeOf(FlightPath path, StreamLog log)
    {
        var (oldest, next) = (log.Oldest, log.End.Next);
        var from = path.From is null ? oldest : Parse(path.From);
        var to = path.To is null ? (long?)null : Parse(path.To);
        return from <= next && (to is null || to >= from)
            ? (from, to)
            : throw new FlowException(
                FlowErrorCode.BadInput, $"Stream '{path.Name}' holds the rows {oldest} up to, not including, {next}; it cannot be read from {from}{(to is null ? "" : $" to {to}")}.");

        long Parse(string text) => text switch
        {
            Earliest => oldest,
            Latest => next,
            _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) => offset,
            _ => throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is no place in a stream; send '{Earliest}', '{Latest}' or the number of a row."),
        };
    }

    private static async IAsyncEnumerable<FlightBatch> ReadAsync(StreamLog log, long from, long? to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (offset, batch) in log.ReadAsync(from, to, cancellationToken))
        {
            yield return new FlightBatch(batch, Receipt(offset, batch.RowCount));
        }
    }

    private static byte[] Receipt(long first, int rows) =>
        JsonSerializer.SerializeToUtf8Bytes(new StreamReceipt(first, first + rows), FlightJson.Default.StreamReceipt);

    private static string Text(long offset) => offset.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What goes with a batch of a stream.</summary>
/// <param name="Offset">Offset of its first row.</param>
/// <param name="Next">Offset of the row behind it.</param>
internal sealed record StreamReceipt(long Offset, long Next);

/// <summary>What is kept of a stream.</summary>
/// <param name="Oldest">Offset of its oldest row.</param>
/// <param name="Next">Offset of the row that comes next.</param>
internal sealed record StreamBounds(long Oldest, long Next);
