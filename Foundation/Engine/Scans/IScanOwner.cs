namespace OrleansFlow.Engine.Scans;

/// <summary>What a scan needs from the session that runs it.</summary>
internal interface IScanOwner
{
    /// <summary>Fires when the statement at work is to end; a scan that waits for input watches it.</summary>
    CancellationToken Running { get; }

    /// <summary>Keeps the exception behind an error that DuckDB only sees as text.</summary>
    void ReportFailure(Exception exception);
}
