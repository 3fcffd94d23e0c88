using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>Asks a source, so many requests at once, each with a time and with tries that are counted.</summary>
internal sealed class LookupRequests(ILookupSource source, LookupDefinition definition, LookupBounds bounds, TimeProvider clock) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(bounds.InFlightMax);
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<Task> _asked = [];

    /// <summary>Begins to ask for keys.</summary>
    /// <param name="keys">Belongs to the request from the call on.</param>
    public Task<LookupResult> AskForAsync(RecordBatch keys)
    {
        var asked = AskAsync(keys);
        _asked.RemoveWhere(static task => task.IsCompleted);
        _asked.Add(asked);
        return asked;
    }

    /// <summary>Ends all requests that are under way. The source stays the caller's.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var task in _asked)
        {
            // Nobody asks for its outcome any more, whatever it is.
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _closing.Dispose();
        _free.Dispose();
    }

    private async Task<LookupResult> AskAsync(RecordBatch keys)
    {
        using (keys)
        {
            await _free.WaitAsync(_closing.Token);
            try
            {
                for (var failures = 1; ; failures++)
                {
                    var askedAt = clock.GetTimestamp();
                    try
                    {
                        return Checked(await AskOnceAsync(keys), keys.RowCount, askedAt);
                    }
                    catch (FlowException exception) when (exception.Kind.Retry == RetryAdvice.Later)
                    {
                        if (failures >= bounds.AttemptsMax)
                        {
                            throw new FlowException(
                                exception.Code, $"Lookup '{definition.Id}' failed {failures} times in a row, and gives up (lookup.retry.max_attempts = {bounds.AttemptsMax}): {exception.Message}", exception);
                        }
                    }

                    await Task.Delay(bounds.WaitAfter(failures), clock, _closing.Token);
                }
            }
            finally
            {
                _free.Release();
            }
        }
    }

    private async Task<LookupAnswer> AskOnceAsync(RecordBatch keys)
    {
        using var timeUp = new CancellationTokenSource(bounds.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, _closing.Token);
        try
        {
            return await source.LookupAsync(keys, either.Token);
        }
        catch (Exception exception) when (timeUp.IsCancellationRequested && !_closing.IsCancellationRequested)
        {
            throw new FlowException(FlowErrorCode.DeadlineExceeded, $"No answer within {bounds.Timeout} (lookup.timeout).", exception);
        }
    }

    /// <summary>A source is another's code, and a wrong row would go out as a right one.</summary>
    private LookupResult Checked(LookupAnswer answer, int keyCount, long askedAt)
    {
        var page = new LookupPage(answer.Rows, askedAt);
        try
        {
            var rows = new int[keyCount];
            Array.Fill(rows, -1);
            if (answer.KeyRows.Count != answer.Rows.RowCount || answer.Rows.ColumnCount != definition.Columns.Fields.Count)
            {
                throw Wrong($"{answer.Rows.RowCount} rows of {answer.Rows.ColumnCount} columns for {answer.KeyRows.Count} keys");
            }

            for (var column = 0; column < answer.Rows.ColumnCount; column++)
            {
                if (!answer.Rows.Column(column).Type.Equals(definition.Columns.Fields[column].Type))
                {
                    throw Wrong($"column '{definition.Columns.Fields[column].Name}' as {answer.Rows.Column(column).Type.Name}");
                }
            }

            for (var row = 0; row < answer.KeyRows.Count; row++)
            {
                var key = answer.KeyRows[row];
                if (key < 0 || key >= keyCount)
                {
                    throw Wrong($"a row of key {key} of {keyCount}");
                }

                if (rows[key] >= 0)
                {
                    throw new FlowException(
                        FlowErrorCode.BadInput, $"Lookup '{definition.Id}' found several rows of one key ({string.Join(", ", definition.Keys.Fields.Select(field => field.Name))}). Its PRIMARY KEY has to say which row is meant.");
                }

                rows[key] = row;
            }

            return new LookupResult(page, rows);
        }
        catch (FlowException)
        {
            page.Release();
            throw;
        }
    }

    private FlowException Wrong(string what) => new(FlowErrorCode.BadGraph, $"The source of lookup '{definition.Id}' answered with {what}; it has to give its {definition.Columns.Fields.Count} columns and one key for each row.");
}

/// <summary>What a request gave.</summary>
/// <param name="Page">The rows; whoever takes the result uses it, and releases it.</param>
/// <param name="Rows">For each key its row; -1 for none.</param>
internal sealed record LookupResult(LookupPage Page, int[] Rows);
