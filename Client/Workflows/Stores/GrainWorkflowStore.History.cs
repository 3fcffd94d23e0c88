using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Client.Workflows.Stores;

/// <content>What is read of a run's log.</content>
public sealed partial class GrainWorkflowStore
{
    private static readonly TimeSpan WaitPause = TimeSpan.FromMilliseconds(200);

    private IWorkflowHealthGrain Health => _grains.GetGrain<IWorkflowHealthGrain>(IWorkflowHealthGrain.Key);

    /// <summary>The run's events; none when there is no such run.</summary>
    private async IAsyncEnumerable<WorkflowRunEvent> EventsAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(run, cancellationToken).ConfigureAwait(false))
        {
            foreach (var happened in EventsOf(page))
            {
                yield return happened;
            }
        }
    }

    private async IAsyncEnumerable<WorkflowHistoryPage> PagesAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var (after, hasMore) = (-1L, true); hasMore;)
        {
            var last = after;
            if (await OrNullAsync(() => Run(run).GetHistoryAsync(last, PageMax, cancellationToken)).ConfigureAwait(false) is not { } page)
            {
                yield break;
            }

            yield return page;
            (after, hasMore) = (page.First + page.Commits.Count - 1, page.HasMore && page.Commits.Count > 0);
        }
    }

    private static IEnumerable<WorkflowRunEvent> EventsOf(WorkflowHistoryPage page) => page.Commits.SelectMany(commit => WorkflowEventJson.Read(commit.Utf8));

    /// <summary>Goes through a run's life, event by event, as far as its log goes back.</summary>
    private async Task ReplayAsync(RunId run, Action<WorkflowRunState, WorkflowRunState, WorkflowRunEvent> note, CancellationToken cancellationToken)
    {
        WorkflowRunState? state = null;
        await foreach (var page in PagesAsync(run, cancellationToken).ConfigureAwait(false))
        {
            if (!page.From.IsDefault)
            {
                // A run that has continued as new often; or one whose oldest link was deleted between two pages.
                state = WorkflowRunJson.Read(page.From.Utf8.Span);
            }

            foreach (var happened in EventsOf(page))
            {
                state ??= happened is WorkflowRunEvent.Started started ? await BeforeAsync(started, cancellationToken).ConfigureAwait(false) : null;
                if (state is null)
                {
                    return;
                }

                var next = WorkflowRunDecider.Apply(state, happened);
                note(state, next, happened);
                state = next;
            }
        }
    }

    /// <summary>An empty run of the version that it began with: it may have moved to another one since.</summary>
    private async ValueTask<WorkflowRunState?> BeforeAsync(WorkflowRunEvent.Started started, CancellationToken cancellationToken) =>
        await _definitions.FindAsync(new(started.Workflow, started.Version), cancellationToken).ConfigureAwait(false) is { } workflow ? WorkflowRunState.None(workflow) : null;

    private async Task<T?> OrNullAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await CallAsync(read).ConfigureAwait(false);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
        {
            return null;
        }
    }

    [LoggerMessage(EventId = 6481, Level = LogLevel.Warning, Message = "The wait for the end of workflow run '{Run}' was interrupted; it is taken up again")]
    private static partial void LogWaitLost(ILogger logger, Exception error, string run);
}
