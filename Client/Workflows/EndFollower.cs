using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Workflows;

namespace OrleansFlow.Client.Workflows;

/// <summary>Waits for the ends of any number of runs over one call of the gateway, which is opened when it is needed and again after a loss.</summary>
/// <remarks>Thread-safe. Bounded by its callers: each waits for one run.</remarks>
internal sealed class EndFollower(FlowClient client, TimeProvider clock) : IAsyncDisposable
{
    private const int MessageMax = 5_000;

    /// <summary>Losses after which those who wait are told, unless the gateway said something meanwhile.</summary>
    private const int LossesMax = 12;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(4);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<TaskCompletionSource<WorkflowRunView>>> _waits = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private List<string> _unsent = [];
    private TaskCompletionSource _hasUnsent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>The run once it has ended.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>gateway_unreachable</c>: it was lost for about half a minute.</exception>
    public async Task<WorkflowRunView> WaitAsync(string run, CancellationToken cancellationToken)
    {
        var wait = new TaskCompletionSource<WorkflowRunView>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, client);
            if (_waits.TryGetValue(run, out var others))
            {
                others.Add(wait);
            }
            else
            {
                _waits.Add(run, [wait]);
                _unsent.Add(run);
                _hasUnsent.TrySetResult();
            }

            if (!_isRunning)
            {
                _isRunning = true;
                _loop = RunAsync();
            }
        }

        try
        {
            return await wait.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!wait.Task.IsCompleted)
            {
                Forget(run, wait);
            }
        }
    }

    /// <summary>Ends the call; those who wait are told.</summary>
    public async ValueTask DisposeAsync()
    {
        Task loop;
        lock (_gate)
        {
            loop = _loop;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Forget(string run, TaskCompletionSource<WorkflowRunView> wait)
    {
        lock (_gate)
        {
            // The gateway goes on following it, which costs next to nothing; its answer finds nobody.
            if (_waits.TryGetValue(run, out var waits) && waits.Remove(wait) && waits.Count == 0)
            {
                _waits.Remove(run);
            }
        }
    }

    private async Task RunAsync()
    {
        // Leaves the caller that began it.
        await Task.Yield();
        var losses = 0;
        while (true)
        {
            FlowException failure;
            try
            {
                await FollowAsync(() => losses = 0).ConfigureAwait(false);
                failure = new FlowException(FlowErrorCode.GatewayUnreachable, "The gateway has ended the call by which it tells of the ends of runs.");
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                FailAll(new FlowException(FlowErrorCode.Cancelled, "The client was closed while the run was waited for."));
                return;
            }
            catch (FlowException exception)
            {
                failure = exception;
            }
            catch (Exception exception)
            {
                failure = new FlowException(FlowErrorCode.UnexpectedError, $"The wait for the ends of runs failed: {exception.Message}", exception);
            }

            if (++losses > LossesMax || failure.Kind.Retry == RetryAdvice.Never)
            {
                FailAll(failure);
                return;
            }

            if (!TryPrepareAgain())
            {
                return;
            }

            var wait = TimeSpan.FromMilliseconds(50 * (1 << Math.Min(losses, 10)));
            await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, _stopping.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    /// <summary>One call: sends what is to be followed, and hands on the ends.</summary>
    private async Task FollowAsync(Action heard)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var call = client.OpenDuplex(WorkflowMethods.FollowEnds, over.Token);
        await using var _ = call.ConfigureAwait(false);
        var sending = SendAsync(call, over.Token);
        try
        {
            await foreach (var response in call.ReadAllAsync(over.Token).ConfigureAwait(false))
            {
                heard();
                foreach (var end in response.Ends.Where(end => !IsPassing(end)))
                {
                    Answer(end);
                }

                if (response.Ends.FirstOrDefault(IsPassing) is { } passing)
                {
                    // All that is waited for is asked for again, after a while.
                    throw new FlowException(FlowErrorKind.OfWire(passing.ErrorCode).Code, passing.ErrorMessage);
                }
            }
        }
        catch (RpcException exception)
        {
            throw client.Translate(exception);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    /// <summary>Never fails: what ends the call is seen by its reader.</summary>
    private async Task SendAsync(RpcDuplexCall<FollowEndsRequest, FollowEndsResponse> call, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                List<string> runs;
                Task more;
                lock (_gate)
                {
                    runs = _unsent.Count <= MessageMax ? _unsent : _unsent[..MessageMax];
                    _unsent = _unsent.Count <= MessageMax ? [] : _unsent[MessageMax..];
                    if (_unsent.Count == 0 && _hasUnsent.Task.IsCompleted)
                    {
                        _hasUnsent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }

                    more = _unsent.Count > 0 ? Task.CompletedTask : _hasUnsent.Task;
                }

                if (runs.Count > 0)
                {
                    await call.WriteAsync(new FollowEndsRequest { RunIds = { runs } }, cancellationToken).ConfigureAwait(false);
                }

                await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // Whatever was not sent is sent again by the next call.
        }
    }

    /// <summary>The store did not answer, or a silo is going down: nothing is wrong with the run.</summary>
    private static bool IsPassing(RunEnd end) => end.Run is null && FlowErrorKind.OfWire(end.ErrorCode).Code == FlowErrorCode.StoreUnavailable;

    private void Answer(RunEnd end)
    {
        List<TaskCompletionSource<WorkflowRunView>>? waits;
        lock (_gate)
        {
            _waits.Remove(end.RunId, out waits);
        }

        var view = end.Run?.ToView();
        foreach (var wait in waits ?? [])
        {
            if (view is not null)
            {
                wait.TrySetResult(view);
            }
            else
            {
                Fail(wait, new FlowException(FlowErrorKind.OfWire(end.ErrorCode).Code, end.ErrorMessage));
            }
        }
    }

    /// <summary>Puts all that is waited for into the next call; false when nothing is.</summary>
    private bool TryPrepareAgain()
    {
        lock (_gate)
        {
            _unsent = [.. _waits.Keys];
            _isRunning = _unsent.Count > 0;
            return _isRunning;
        }
    }

    private void FailAll(FlowException failure)
    {
        List<TaskCompletionSource<WorkflowRunView>> waits;
        lock (_gate)
        {
            waits = [.. _waits.Values.SelectMany(list => list)];
            _waits.Clear();
            _unsent = [];
            _isRunning = false;
        }

        waits.ForEach(wait => Fail(wait, failure));
    }

    private static void Fail(TaskCompletionSource<WorkflowRunView> wait, FlowException failure)
    {
        // Seen here: a caller that has stopped waiting leaves no unobserved exception behind.
        wait.TrySetException(failure);
        _ = wait.Task.Exception;
    }
}
