using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>Tells callers of the ends of workflow runs. Nothing polls: each wait is a call that the run's grain answers when it ends.</summary>
internal sealed class WorkflowEnds(IGrainFactory grains)
{
    private const int WatchMax = 1_000;
    private const int FollowMax = 100_000;
    private const int FollowMessageMax = 10_000;

    /// <summary>Ends of one message: far below the largest one, with outputs of a usual length.</summary>
    private const int GroupMax = 256;
    private const int GroupCharsMax = 512 * 1024;

    public async IAsyncEnumerable<Wire.Run> WatchAsync(Wire.WatchEndsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (request.RunIds.Count is 0 or > WatchMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{request.RunIds.Count} runs to watch in one call; 1 to {WatchMax} are possible.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = request.RunIds.Select(ControlMapping.ToRunId).Distinct().Select(run => EndOfAsync(run, stop.Token)).ToList();
        try
        {
            await foreach (var end in Task.WhenEach(waits).WithCancellation(cancellationToken))
            {
                yield return await end;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(waits).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public async IAsyncEnumerable<Wire.FollowEndsResponse> FollowAsync(
        IAsyncEnumerable<Wire.FollowEndsRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var follower = new Follower(this, stop.Token);
        var reading = follower.ReadAsync(requests);
        try
        {
            var ends = follower.Ends;
            while (await ends.WaitToReadAsync(cancellationToken))
            {
                var response = new Wire.FollowEndsResponse();
                var chars = 0;
                while (response.Ends.Count < GroupMax && chars < GroupCharsMax && ends.TryRead(out var end))
                {
                    response.Ends.Add(end);
                    chars += end.Run?.OutputJson.Length ?? 0;
                }

                yield return response;
            }

            await reading;
        }
        finally
        {
            await stop.CancelAsync();
            await follower.WhenStoppedAsync();
        }
    }

    private async Task<Wire.Run> EndOfAsync(RunId run, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return (await grains.GetGrain<IWorkflowRunGrain>(run.Value).WatchEndAsync(cancellationToken).FirstAsync(cancellationToken)).ToWire();
            }
            catch (EnumerationAbortedException)
            {
                // The grain moved; where it is now the run ends as well.
            }
        }
    }

    /// <summary>The waits of one call.</summary>
    private sealed class Follower(WorkflowEnds owner, CancellationToken stopped)
    {
        private readonly Channel<Wire.RunEnd> _ends = Channel.CreateBounded<Wire.RunEnd>(new BoundedChannelOptions(FollowMax) { SingleReader = true });
        private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // One for the reader of the requests, one for each wait.
        private int _open = 1;

        public ChannelReader<Wire.RunEnd> Ends => _ends.Reader;

        public Task WhenStoppedAsync() => _drained.Task;

        public async Task ReadAsync(IAsyncEnumerable<Wire.FollowEndsRequest> requests)
        {
            try
            {
                await foreach (var request in requests.WithCancellation(stopped))
                {
                    if (request.RunIds.Count > FollowMessageMax)
                    {
                        throw new FlowException(FlowErrorCode.BadInput, $"{request.RunIds.Count} runs in one message; at most {FollowMessageMax} are possible.");
                    }

                    if (Interlocked.Add(ref _open, request.RunIds.Count) > FollowMax)
                    {
                        Interlocked.Add(ref _open, -request.RunIds.Count);
                        throw new FlowException(FlowErrorCode.LimitExceeded, $"More than {FollowMax} runs are followed by this call; open another one.");
                    }

                    foreach (var run in request.RunIds)
                    {
                        _ = FollowAsync(run);
                    }
                }
            }
            catch (Exception exception)
            {
                // The call fails with it, whatever is still waited for.
                _ends.Writer.TryComplete(exception);
            }
            finally
            {
                Leave();
            }
        }

        /// <summary>Owned by the call, which waits for all of them. Never fails.</summary>
        private async Task FollowAsync(string id)
        {
            var end = new Wire.RunEnd { RunId = id };
            try
            {
                end.Run = await owner.EndOfAsync(ControlMapping.ToRunId(id), stopped);
            }
            catch (Exception exception)
            {
                var failure = FlowFailures.Translate(exception);
                (end.ErrorCode, end.ErrorMessage) = (failure.Kind.Wire, failure.Message);
            }

            _ends.Writer.TryWrite(end);
            Leave();
        }

        private void Leave()
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                _ends.Writer.TryComplete();
                _drained.TrySetResult();
            }
        }
    }
}
