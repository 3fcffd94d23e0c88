using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client.Workflows;

/// <summary>
/// Gathers runs that are started one by one. A call leaves at once while fewer than <see cref="CallsMax"/> are under way; what comes meanwhile leaves
/// together when one of them ends. So a lone start waits for nobody, and many share calls and commits.
/// </summary>
/// <remarks>Thread-safe. Each caller gets the answer for its own run. Bounded by its callers: each waits for one run.</remarks>
/// <param name="start">Starts up to <see cref="GroupMax"/> runs; durable when it returns.</param>
internal sealed class RunStarter(Func<StartRunsRequest, CancellationToken, Task<StartRunsResponse>> start)
{
    /// <summary>Two, so that one call's commit runs while the next one gathers.</summary>
    private const int CallsMax = 2;

    /// <summary>Most runs of a call, as the gateway takes them.</summary>
    private const int GroupMax = 1_000;

    // Far below the largest message that a gateway takes (4 MiB is gRPC's usual limit), whatever the characters are.
    private const int GroupCharsMax = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _calls;

    /// <summary>Starts a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Stops waiting; the run may have been started.</param>
    /// <exception cref="FlowException">The gateway refused the run, or did not answer.</exception>
    public Task<RunId> StartAsync(RunStart run, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<RunId>(cancellationToken);
        }

        var waiting = new Waiting(run, cancellationToken);
        var mustSend = false;
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
            if (_calls < CallsMax)
            {
                _calls++;
                mustSend = true;
            }
        }

        if (mustSend)
        {
            // Owned by those who wait: it ends with the last of them, and what goes wrong is theirs.
            _ = SendAllAsync();
        }

        return waiting.Task.WaitAsync(cancellationToken);
    }

    private async Task SendAllAsync()
    {
        while (TryTake(out var group))
        {
            await SendAsync(group).ConfigureAwait(false);

            // Lets those who were answered come back with their next run first.
            await Task.Yield();
        }
    }

    private bool TryTake(out List<Waiting> group)
    {
        group = [];
        lock (_gate)
        {
            var chars = 0;
            while (group.Count < GroupMax && chars < GroupCharsMax && _waiting.TryDequeue(out var next))
            {
                if (!next.CancellationToken.IsCancellationRequested)
                {
                    group.Add(next);
                    chars += next.Run.InputJson.Length + next.Run.ContextJson.Length;
                }
            }

            if (group.Count == 0)
            {
                _calls--;
            }

            return group.Count > 0;
        }
    }

    private async Task SendAsync(List<Waiting> group)
    {
        try
        {
            var request = new StartRunsRequest();
            foreach (var waiting in group)
            {
                request.Runs.Add(waiting.Run);
            }

            var response = await start(request, CancellationToken.None).ConfigureAwait(false);
            for (var position = 0; position < group.Count; position++)
            {
                group[position].Answer(response.Runs[position]);
            }
        }
        catch (Exception exception)
        {
            group.ForEach(waiting => waiting.Fail(exception));
        }
    }

    private sealed class Waiting(RunStart run, CancellationToken cancellationToken) : TaskCompletionSource<RunId>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public RunStart Run => run;

        public CancellationToken CancellationToken => cancellationToken;

        public void Answer(RunStarted answer)
        {
            if (answer.ErrorCode.Length == 0)
            {
                SetResult(new RunId(answer.RunId));
            }
            else
            {
                Fail(new FlowException(FlowErrorKind.OfWire(answer.ErrorCode).Code, answer.ErrorMessage));
            }
        }

        public void Fail(Exception exception)
        {
            // Seen here: a caller that has stopped waiting leaves no unobserved exception behind.
            TrySetException(exception);
            _ = Task.Exception;
        }
    }
}
