namespace OrleansFlow.Sql.Explain;

/// <summary>What came of one attempt of one task.</summary>
/// <param name="Stage">Number of its stage.</param>
/// <param name="Task">Its number within the stage, from 0.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Worker">Where it ran.</param>
/// <param name="State">Where it stands: waiting, running, finished, failed or cancelled.</param>
public sealed record TaskActual(int Stage, int Task, int Attempt, string Worker, string State)
{
    /// <summary>Whether it made no rows that count.</summary>
    internal bool HasFailed => State is "failed" or "cancelled";

    /// <summary>Rows that came over the network.</summary>
    public long RowsIn { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesIn { get; init; }

    /// <summary>Rows that it made.</summary>
    public long RowsOut { get; init; }

    /// <summary>Bytes that it wrote for its readers; a row that goes to several counts for each.</summary>
    public long BytesOut { get; init; }

    /// <summary>From its start to its end.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>How long its engine waited for rows of other tasks.</summary>
    public TimeSpan InputWait { get; init; }

    /// <summary>How long it waited for its readers.</summary>
    public TimeSpan OutputWait { get; init; }

    /// <summary>Bytes of its rows that were written to disk.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>What the engine measured, each operator before those that it reads; empty where no engine ran.</summary>
    public IReadOnlyList<OperatorActual> Operators { get; init; } = [];
}

/// <summary>What the engine measured of an operator.</summary>
/// <param name="Name">The engine's name of it.</param>
/// <param name="Depth">Operators above it.</param>
/// <param name="Rows">Rows that it handed on.</param>
/// <param name="Bytes">Their bytes, as the engine counts them.</param>
/// <param name="Time">Of all threads together, without the operators that it reads.</param>
public sealed record OperatorActual(string Name, int Depth, long Rows, long Bytes, TimeSpan Time);
