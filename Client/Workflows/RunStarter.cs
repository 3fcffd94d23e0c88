using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client.Workflows;

/// <summary>Gathers runs that are started one by one, as <see cref="CallGatherer{TItem,TAnswer}"/> does. Thread-safe; each caller gets the answer for its own run.</summary>
/// <param name="start">Starts up to 1 000 runs; durable when it returns.</param>
internal sealed class RunStarter(Func<StartRunsRequest, CancellationToken, Task<StartRunsResponse>> start)
{
    private readonly CallGatherer<RunStart, RunId> _gatherer = new(group => SendAsync(start, group), static run => run.InputJson.Length + run.ContextJson.Length);

    /// <summary>Starts a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Stops waiting; the run may have been started.</param>
    /// <exception cref="FlowException">The gateway refused the run, or did not answer.</exception>
    public Task<RunId> StartAsync(RunStart run, CancellationToken cancellationToken) => _gatherer.SendAsync(run, cancellationToken);

    private static async Task SendAsync(Func<StartRunsRequest, CancellationToken, Task<StartRunsResponse>> start, IReadOnlyList<CallGatherer<RunStart, RunId>.Waiting> group)
    {
        var request = new StartRunsRequest();
        foreach (var waiting in group)
        {
            request.Runs.Add(waiting.Item);
        }

        var response = await start(request, CancellationToken.None).ConfigureAwait(false);
        for (var position = 0; position < group.Count; position++)
        {
            var answer = response.Runs[position];
            if (answer.ErrorCode.Length == 0)
            {
                group[position].SetResult(new RunId(answer.RunId));
            }
            else
            {
                group[position].Fail(new FlowException(FlowErrorKind.OfWire(answer.ErrorCode).Code, answer.ErrorMessage));
            }
        }
    }
}
