using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>The input readers of one session: each streams a run's artifact references to its worker, as far as the worker gave credit.</summary>
internal sealed partial class SessionInputs(IGrainFactory grains, SessionOutbox outbox, int readersMax, ILogger logger)
{
    private const int RefsPerMessage = 256;

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

        reader.Running = RunAsync(reader, token, message.Node, cancellationToken);
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

    private async Task RunAsync(InputReader reader, LeaseToken token, string node, CancellationToken sessionEnded)
    {
        // So that the reader is in the table, with its task, before it can leave it.
        await Task.Yield();
        string? failure = null;
        try
        {
            await PumpAsync(reader, token, node);
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
        var cancellationToken = reader.Stop.Token;
        var run = grains.GetGrain<IGraphRunGrain>(token.TaskId.RunId.Value);
        await using var inputs = run.ReadInputsAsync(token, node, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var message = new Wire.InputRefs { ReaderId = reader.Id };
        while (true)
        {
            var next = inputs.MoveNextAsync();
            if (!next.IsCompleted && message.Refs.Count > 0)
            {
                // Nothing more is at hand: what was gathered goes out before the wait.
                await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
                message = new Wire.InputRefs { ReaderId = reader.Id };
            }

            if (!await next)
            {
                message.End = true;
                await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
                return;
            }

            while (!reader.Gate.TryTake())
            {
                if (message.Refs.Count > 0)
                {
                    await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
                    message = new Wire.InputRefs { ReaderId = reader.Id };
                }

                await reader.Gate.WaitAsync(cancellationToken);
            }

            message.Refs.Add(inputs.Current.ToWire());
            if (message.Refs.Count == RefsPerMessage)
            {
                await outbox.SendAsync(new Wire.SiloMessage { InputRefs = message }, cancellationToken);
                message = new Wire.InputRefs { ReaderId = reader.Id };
            }
        }
    }

    private ValueTask EndAsync(long readerId, string failedReason, CancellationToken cancellationToken) => outbox.SendAsync(
        new Wire.SiloMessage { InputRefs = new Wire.InputRefs { ReaderId = readerId, End = true, FailedReason = failedReason } }, cancellationToken);

    [LoggerMessage(EventId = 6212, Level = LogLevel.Warning,
        Message = "The inputs of task {TaskId} epoch {Epoch} cannot be read on ({Reason}); its attempt is told so")]
    private partial void LogReaderFailed(Exception exception, string taskId, long epoch, string reason);

    private sealed class InputReader(long id, InputCreditGate gate, CancellationTokenSource stop) : IDisposable
    {
        public long Id => id;

        public InputCreditGate Gate => gate;

        public CancellationTokenSource Stop => stop;

        public Task Running { get; set; } = Task.CompletedTask;

        public void Dispose() => stop.Dispose();
    }
}
