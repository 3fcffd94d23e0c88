using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>The input readers of one session: each streams a run's artifact references to its worker, as far as the worker gave credit.</summary>
internal sealed partial class SessionInputs(IGrainFactory grains, SessionOutbox outbox, int readersMax, TimeProvider clock, ILogger logger)
{
    private const int RefsPerMessage = 256;

    /// <summary>Failed tries in a row, with nothing read between them, after which the attempt is told and the retry policy decides.</summary>
    private const int EmptyTriesMax = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, InputReader> _readers = [];

    /// <summary>Opens a reader, or says why not.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: the message breaks the protocol.</exception>
    public async ValueTask OpenAsync(Wire.ReadInputs message, CancellationToken cancellationToken)
    {
        var token = message.Lease.ToToken();
        if (message.Credit < 0)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                string.Create(CultureInfo.InvariantCulture, $"Reader {message.ReaderId} begins with credit {message.Credit}; 0 or more is possible."));
        }

        if (token.TaskId.IsStandalone)
        {
            await EndAsync(message.ReaderId, FlowErrorKind.Of(FlowErrorCode.BadInput).Wire, cancellationToken);
            return;
        }

        var reader = new InputReader(message.ReaderId, new InputCreditGate(message.Credit), CancellationTokenSource.CreateLinkedTokenSource(cancellationToken));
        bool full;
        lock (_gate)
        {
            full = _readers.Count >= readersMax;
            if (!full && !_readers.TryAdd(message.ReaderId, reader))
            {
                reader.Dispose();
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    string.Create(CultureInfo.InvariantCulture, $"Reader {message.ReaderId} is open already; a session numbers its readers without repeating."));
            }
        }

        if (full)
        {
            reader.Dispose();
            await EndAsync(message.ReaderId, FlowErrorKind.Of(FlowErrorCode.LimitExceeded).Wire, cancellationToken);
            return;
        }

        reader.Running = RunAsync(reader, token, message, cancellationToken);
    }

    /// <summary>Gives credit to a reader, or closes it. One that has ended is left alone: the two messages crossed.</summary>
    public void Credit(Wire.InputCredit message)
    {
        InputReader? reader;
        lock (_gate)
        {
            reader = _readers.GetValueOrDefault(message.ReaderId);
            if (reader is null)
            {
                return;
            }

            if (message.Credit < 0)
            {
                // Inside the lock, because the reader disposes its source after it has left the table.
                reader.Stop.Cancel();
                return;
            }
        }

        reader.Gate.Give(message.Credit);
    }

    /// <summary>Waits for the end of all readers; the session's token has stopped them.</summary>
    public async Task FinishAsync()
    {
        Task[] running;
        lock (_gate)
        {
            running = [.. _readers.Values.Select(reader => reader.Running)];
        }

        await Task.WhenAll(running);
    }

    private async Task RunAsync(InputReader reader, LeaseToken token, Wire.ReadInputs request, CancellationToken sessionEnded)
    {
        // So that the reader is in the table, with its task, before it can leave it.
        await Task.Yield();
        string? failure = null;
        try
        {
            await (request.Pull ? PullAsync(reader, token, request) : PumpAsync(reader, token, request.Node));
        }
        catch (OperationCanceledException) when (reader.Stop.IsCancellationRequested)
        {
            // Closed by the worker, or the session ended.
        }
        catch (Exception exception)
        {
            failure = FlowFailures.Translate(exception).Kind.Wire;
            LogReaderFailed(exception, token.TaskId.Value, token.Epoch, failure);
        }

        lock (_gate)
        {
            _readers.Remove(reader.Id);
        }

        reader.Dispose();
        if (failure is not null && !sessionEnded.IsCancellationRequested)
        {
            try
            {
                await EndAsync(reader.Id, failure, sessionEnded);
            }
            catch (Exception exception) when (exception is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
            {
                // The session ended meanwhile; nobody waits for the reason.
            }
        }
    }

    private async Task PumpAsync(InputReader reader, LeaseToken token, string node)
    {
        await using var inputs = Run(token).ReadInputsAsync(token, node, reader.Stop.Token).GetAsyncEnumerator(reader.Stop.Token);
        await PumpAsync(reader, inputs);
    }

    /// <summary>
    /// What an input adapter asked for. It is sent as it comes; only when the run cannot be reached, for example while its grain moves, is it asked
    /// again, from where the reader is, with ever longer waits, and not for ever.
    /// </summary>
    private async Task PullAsync(InputReader reader, LeaseToken token, Wire.ReadInputs request)
    {
        var backoff = request.ToBackoff();
        reader.Last = request.After;
        var emptyTries = 0;
        while (true)
        {
            var begunAt = reader.Last;
            try
            {
                await using var inputs = Run(token).PullInputsAsync(token, request.ToPull(reader.Last), reader.Stop.Token).GetAsyncEnumerator(reader.Stop.Token);
                await PumpAsync(reader, inputs);
                return;
            }
            catch (Exception exception) when (!reader.Stop.IsCancellationRequested && FlowFailures.Translate(exception).Kind.Retry == RetryAdvice.Later)
            {
                emptyTries = reader.Last > begunAt ? 0 : emptyTries;
                if (emptyTries >= EmptyTriesMax)
                {
                    throw;
                }

                LogAskedAgain(exception, token.TaskId.Value, token.Epoch, reader.Last);
                await Task.Delay(backoff.After(emptyTries++), clock, reader.Stop.Token);
            }
        }
    }

    private IGraphRunGrain Run(LeaseToken token) => grains.GetGrain<IGraphRunGrain>(token.TaskId.RunId.Value);

    private async Task PumpAsync(InputReader reader, IAsyncEnumerator<ArtifactRef> inputs)
    {
        var cancellationToken = reader.Stop.Token;
        var message = new Wire.InputRefs { ReaderId = reader.Id };
        while (true)
        {
            var next = inputs.MoveNextAsync();
            if (!next.IsCompletedSuccessfully)
            {
                // Nothing more is at hand: what was gathered goes out before the wait, or before the failure.
                message = await FlushAsync(reader, message, cancellationToken);
            }

            if (!await next)
            {
                message.End = true;
                await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
                return;
            }

            while (!reader.Gate.TryTake())
            {
                message = await FlushAsync(reader, message, cancellationToken);
                await reader.Gate.WaitAsync(cancellationToken);
            }

            message.Refs.Add(inputs.Current.ToWire());
            if (message.Refs.Count == RefsPerMessage)
            {
                message = await FlushAsync(reader, message, cancellationToken);
            }
        }
    }

    /// <summary>Sends what was gathered.</summary>
    /// <returns>An empty message to gather in.</returns>
    private async ValueTask<Wire.InputRefs> FlushAsync(InputReader reader, Wire.InputRefs message, CancellationToken cancellationToken)
    {
        if (message.Refs.Count == 0)
        {
            return message;
        }

        await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
        reader.Last = message.Refs[^1].Sequence;
        return new Wire.InputRefs { ReaderId = reader.Id };
    }

    private ValueTask EndAsync(long readerId, string failedReason, CancellationToken cancellationToken) => outbox.SendAsync(
        new Wire.SiloMessage { InputRefs = new Wire.InputRefs { ReaderId = readerId, End = true, FailedReason = failedReason } }, cancellationToken);

    [LoggerMessage(EventId = 6212, Level = LogLevel.Warning,
        Message = "The inputs of task {TaskId} epoch {Epoch} cannot be read on ({Reason}); its attempt is told so")]
    private partial void LogReaderFailed(Exception exception, string taskId, long epoch, string reason);

    [LoggerMessage(EventId = 6213, Level = LogLevel.Information,
        Message = "The inputs of task {TaskId} epoch {Epoch} are asked for again from {Sequence} on")]
    private partial void LogAskedAgain(Exception exception, string taskId, long epoch, long sequence);

    private sealed class InputReader(long id, InputCreditGate gate, CancellationTokenSource stop) : IDisposable
    {
        public long Id => id;

        public InputCreditGate Gate => gate;

        public CancellationTokenSource Stop => stop;

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>Sequence of the reference that was sent last.</summary>
        public long Last { get; set; }

        public void Dispose() => stop.Dispose();
    }
}
