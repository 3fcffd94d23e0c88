using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats;

/// <summary>What becomes of records that cannot be read: they end the job, or are left out, counted and reported now and then. Not thread-safe.</summary>
/// <param name="operatorId">Who reads them.</param>
/// <param name="drops">Whether they are left out.</param>
/// <param name="clock">For how often they are reported.</param>
public sealed class BadRecords(string operatorId, bool drops, TimeProvider clock)
{
    /// <summary>Time between two reports.</summary>
    public static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    private long? _toldAt;
    private long _toldCount;
    private FlowException? _last;

    /// <summary>Records that were left out so far.</summary>
    public long Count { get; private set; }

    /// <summary>Meets a bad record.</summary>
    /// <param name="place">Where it is: <c>byte 12 of '...'</c>.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <exception cref="FlowException">Bad records end the job (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public void Meet(string place, BadRecordException problem)
    {
        _last = Failure(place, problem);
        Count += drops ? 1 : throw _last;
    }

    /// <summary>The failure of a bad record.</summary>
    public FlowException Failure(string place, BadRecordException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return new FlowException(FlowErrorCode.BadInput, $"Source '{operatorId}' cannot read the record at {place}: {problem.Message}. With bad_data = 'drop' such records are left out.", problem);
    }

    /// <summary>Reports what was left out since the last report, if that was long enough ago.</summary>
    /// <param name="reportAsync">Takes the report.</param>
    /// <param name="cancellationToken">The job ends.</param>
    public ValueTask TellAsync(Func<Exception, CancellationToken, ValueTask> reportAsync, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reportAsync);
        if (Count == _toldCount || (_toldAt is { } told && clock.GetElapsedTime(told) < ReportInterval))
        {
            return ValueTask.CompletedTask;
        }

        var report = new FlowException(FlowErrorCode.BadInput, $"Source '{operatorId}' left out {Count - _toldCount} bad records, {Count} since its start. The last: {_last!.Message}", _last);
        (_toldAt, _toldCount) = (clock.GetTimestamp(), Count);
        return reportAsync(report, cancellationToken);
    }
}
