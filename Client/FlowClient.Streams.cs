using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <content>Live streams, and statements over batches that the caller sends.</content>
public sealed partial class FlowClient
{
    private const string StreamsPath = "streams";
    private const string ExchangePath = "exchange";
    private const string Earliest = "earliest";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Appends batches to a live stream, which is made when there is none. Each is durable once the next one is asked for.</summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="batches">The rows; each batch is disposed when it is sent.</param>
    /// <param name="cancellationToken">Stops appending; what was acknowledged stays.</param>
    /// <returns>Number of the row that comes next; null when nothing was appended.</returns>
    /// <exception cref="FlowException"><c>bad_input</c>: other columns; <c>store_in_use</c>: another gateway writes the stream; ...</exception>
    public Task<long?> AppendAsync(string stream, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        return GuardAsync(async () =>
        {
            long? next = null;
            var receipts = new FlightClient(_channel.Value).DoPutAsync(
                FlightDescriptor.ForPath(StreamsPath, stream), schema, batches, new RpcCallOptions(CancellationToken: cancellationToken));
            await foreach (var receipt in receipts.ConfigureAwait(false))
            {
                next = Number(receipt, "next");
            }

            return next;
        });
    }

    /// <summary>
    /// The rows of a live stream in order, each once; without an end it goes on with what comes. A lost connection is taken up again behind the
    /// last row that was given out.
    /// </summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="from">Number of the first row; null: the oldest that is kept.</param>
    /// <param name="to">The row before which it ends; null: it never does.</param>
    /// <param name="retries">How often in a row a lost connection is taken up again, after 100 ms and then twice as long each time up to 5 s. Range 0 to 1 000.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FlowException"><c>not_found</c>: no such stream, or its rows are no longer kept; <c>gateway_unreachable</c>; ...</exception>
    public async IAsyncEnumerable<StreamBatch> ReadStreamAsync(
        string stream, long? from = null, long? to = null, int retries = 10, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(retries, 1_000);
        var (next, attempt) = (from, 0);
        while (true)
        {
            if (attempt > 0)
            {
                await Task.Delay(PauseBefore(attempt), _clock, cancellationToken).ConfigureAwait(false);
            }

            var elements = OpenStreamAsync(stream, next, to, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = elements.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    if (!await GuardAsync(async () => await elements.MoveNextAsync().ConfigureAwait(false)).ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (FlowException exception) when (exception.Code == FlowErrorCode.GatewayUnreachable && attempt < retries)
                {
                    attempt++;
                    break;
                }

                (next, attempt) = (elements.Current.Next, 0);
                yield return elements.Current;
            }
        }
    }

    /// <summary>Runs a statement over batches that are sent with it, which it reads as the table <c>input</c>. Each batch of the answer is yours.</summary>
    /// <param name="sql">One statement that gives rows.</param>
    /// <param name="schema">Columns of the input.</param>
    /// <param name="input">All of it is sent before the first row of the answer comes; each batch is disposed when it is sent.</param>
    /// <param name="options">Compression and dictionaries of the answer; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the statement.</param>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>limit_exceeded</c>, <c>bad_input</c>, ...</exception>
    public async IAsyncEnumerable<RecordBatch> ExchangeAsync(
        string sql, ArrowSchema schema, IAsyncEnumerable<RecordBatch> input, QueryOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(input);
        options ??= new QueryOptions();
        options.Validate();
        var call = new RpcCallOptions(Metadata: options.Metadata(), CancellationToken: cancellationToken);
        var exchange = await GuardAsync(() => new FlightClient(_channel.Value).DoExchangeAsync(FlightDescriptor.ForPath(ExchangePath, sql), schema, call)).ConfigureAwait(false);
        await using var _ = exchange.ConfigureAwait(false);
        await SendAsync(exchange, input, cancellationToken).ConfigureAwait(false);
        var answer = exchange.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var __ = answer.ConfigureAwait(false);
        while (await GuardAsync(async () => await answer.MoveNextAsync().ConfigureAwait(false)).ConfigureAwait(false))
        {
            if (answer.Current.Batch is { } batch)
            {
                yield return batch;
            }
        }
    }

    /// <summary>What is kept of a live stream; null when there is none.</summary>
    internal async Task<(long Oldest, long Next)?> TryGetStreamBoundsAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            var info = await GuardAsync(() => new FlightClient(_channel.Value).GetFlightInfoAsync(
                FlightDescriptor.ForPath(StreamsPath, stream), new RpcCallOptions(CancellationToken: cancellationToken))).ConfigureAwait(false);
            return (Number(info.AppMetadata, "oldest"), Number(info.AppMetadata, "next"));
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            return null;
        }
    }

    private static async Task SendAsync(FlightExchange exchange, IAsyncEnumerable<RecordBatch> input, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in input.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                using (batch)
                {
                    await exchange.WriteAsync(batch, cancellationToken: cancellationToken).ConfigureAwait(false);
                }
            }

            await exchange.CompleteAsync().ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The gateway has ended the call; the reading tells why.
        }
    }

    private static TimeSpan PauseBefore(int attempt)
    {
        // Beyond so many doublings it is the longest in any case.
        var pause = FirstPause * (1 << Math.Min(attempt - 1, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static long Number(ReadOnlyMemory<byte> json, string name)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty(name).GetInt64();
    }

    private async IAsyncEnumerable<StreamBatch> OpenStreamAsync(string stream, long? from, long? to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var flight = new FlightClient(_channel.Value);
        var call = new RpcCallOptions(CancellationToken: cancellationToken);
        var first = from?.ToString(CultureInfo.InvariantCulture) ?? Earliest;
        var path = to is { } end
            ? FlightDescriptor.ForPath(StreamsPath, stream, first, end.ToString(CultureInfo.InvariantCulture))
            : FlightDescriptor.ForPath(StreamsPath, stream, first);
        var info = await flight.GetFlightInfoAsync(path, call).ConfigureAwait(false);
        foreach (var endpoint in info.Endpoints)
        {
            await foreach (var element in flight.DoGet(endpoint.Ticket, call).ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (element.Batch is { } batch)
                {
                    yield return new StreamBatch(Number(element.AppMetadata, "offset"), batch);
                }
            }
        }
    }
}
