using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;

namespace OrleansFlow.Client.Jobs;

/// <content>Looking at rows while a job runs.</content>
public sealed partial class FlowJobs
{
    private static readonly TimeSpan PreviewTimeToLive = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs a text only to look at its rows: all that it inserts is shown, and nothing is written anywhere. It runs with one subtask a node and never recovers.
    /// Leaving the enumeration ends the job; it is deleted then.
    /// </summary>
    /// <param name="sql">Its statements. Queries that insert nowhere are the table <c>preview</c>.</param>
    /// <param name="table">Which of its tables; null: the only one.</param>
    /// <param name="options">Null for the defaults; without a time to live 10 min.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Batches with the columns of the query by their names, and <c>_is_retract</c> behind them where rows change; each is yours.</returns>
    /// <exception cref="FlowException">
    /// The text cannot run; the job failed; <c>bad_input</c>: it has several tables and none is named; <c>not_found</c>: rows were not read before they left the stream's log, which holds
    /// <c>OrleansFlow:Streams:RetentionBytes</c>.
    /// </exception>
    public async IAsyncEnumerable<RecordBatch> PreviewAsync(
        string sql, string? table = null, StreamJobOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        options ??= new StreamJobOptions();
        var request = Request(options with { TimeToLive = options.TimeToLive ?? PreviewTimeToLive });
        request.Sql = sql;
        request.IsPreview = true;
        var job = await AskAsync(StreamJobMethods.Submit, request, cancellationToken).ConfigureAwait(false);
        try
        {
            await foreach (var batch in TailAsync(job.JobId, table, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
        finally
        {
            await RemoveAsync(job.JobId).ConfigureAwait(false);
        }
    }

    /// <summary>The rows of a table of a job that shows them (<c>connector = 'preview'</c>), from the oldest that is kept on, until the job rests.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="table">Which of its tables; null: the only one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Batches with the columns of the table by their names, and <c>_is_retract</c> behind them where rows change; each is yours. A reader that is slower than the log is kept loses its place, and the job goes on.</returns>
    /// <exception cref="FlowException"><c>not_found</c>: no such job, or rows are no longer kept; <c>bad_input</c>: no such table, or several; or what the job failed with.</exception>
    public async IAsyncEnumerable<RecordBatch> TailAsync(string jobId, string? table = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var job = await GetAsync(jobId, cancellationToken).ConfigureAwait(false);
        var shown = table ?? (job.Previews is [var only] ? only : null);
        if (shown is null || !job.Previews.Contains(shown, StringComparer.Ordinal))
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                job.Previews.Count == 0
                    ? $"Job '{jobId}' shows no table. Give one connector = 'preview', or run the text as a preview."
                    : $"Job '{jobId}' shows {string.Join(", ", job.Previews)}; name one of them.");
        }

        var stream = $"{jobId}.{shown}";
        long? next = null;
        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var rest = WaitForRestAsync(jobId, running);
        try
        {
            var live = ReadWhileAsync(stream, rest, running.Token).GetAsyncEnumerator(CancellationToken.None);
            await using var _ = live.ConfigureAwait(false);
            while (await MoveNextAsync(live, rest, cancellationToken).ConfigureAwait(false))
            {
                next = live.Current.Next;
                yield return live.Current.Batch;
            }

            job = await rest.ConfigureAwait(false);
            if (await _client.TryGetStreamBoundsAsync(stream, cancellationToken).ConfigureAwait(false) is { } bounds && bounds.Next > (next ?? bounds.Oldest))
            {
                await foreach (var last in _client.ReadStreamAsync(stream, next, bounds.Next, cancellationToken: cancellationToken).ConfigureAwait(false))
                {
                    yield return last.Batch;
                }
            }
        }
        finally
        {
            await running.CancelAsync().ConfigureAwait(false);
            await ((Task)rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (job is { State: StreamJobState.Failed, FailureKind: { } kind })
        {
            throw new FlowException(kind.Code, job.Failure);
        }
    }

    /// <summary>False at the end, and once the job rests: what is left is read with its end then.</summary>
    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<StreamBatch> live, Task<FlowStreamJob> rest, CancellationToken cancellationToken)
    {
        try
        {
            return await live.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is OperationCanceledException or FlowException { Code: FlowErrorCode.Cancelled })
        {
            await rest.ConfigureAwait(false);
            return false;
        }
    }

    private async IAsyncEnumerable<StreamBatch> ReadWhileAsync(string stream, Task<FlowStreamJob> rest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The first row makes the stream.
        while (await _client.TryGetStreamBoundsAsync(stream, cancellationToken).ConfigureAwait(false) is null)
        {
            if (rest.IsCompleted)
            {
                yield break;
            }

            await Task.Delay(PollPeriod, _clock, cancellationToken).ConfigureAwait(false);
        }

        await foreach (var batch in _client.ReadStreamAsync(stream, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <summary>Waits until a job rests, and ends the reading then.</summary>
    private async Task<FlowStreamJob> WaitForRestAsync(string jobId, CancellationTokenSource running)
    {
        FlowStreamJob? last = null;
        try
        {
            await foreach (var job in WatchAsync(jobId, untilAtRest: true, running.Token).ConfigureAwait(false))
            {
                last = job;
            }
        }
        finally
        {
            await running.CancelAsync().ConfigureAwait(false);
        }

        return last ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no streaming job '{jobId}'.");
    }

    /// <summary>Ends a preview and deletes it. What cannot be done is left to the job's time to live.</summary>
    private async Task RemoveAsync(string jobId)
    {
        using var late = new CancellationTokenSource(EndPatience, _clock);
        try
        {
            if (!(await GetAsync(jobId, late.Token).ConfigureAwait(false)).IsAtRest)
            {
                await StopAsync(jobId, StreamJobStop.Force, late.Token).ConfigureAwait(false);
                await foreach (var _ in WatchAsync(jobId, untilAtRest: true, late.Token).ConfigureAwait(false))
                {
                    // Until it rests.
                }
            }

            await DeleteAsync(jobId, late.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FlowException or OperationCanceledException)
        {
            // The gateway is gone or slow; whoever looked at the rows has them.
        }
    }
}
