namespace OrleansFlow.Sql.Explain;

/// <summary>What came of a stage. Times are in milliseconds.</summary>
/// <param name="Rows">Rows that its tasks made.</param>
/// <param name="Bytes">Bytes that they wrote for their readers.</param>
/// <param name="RowsIn">Rows that came over the network.</param>
/// <param name="BytesIn">Their bytes.</param>
/// <param name="TimeMs">Of the slowest task.</param>
/// <param name="InputWaitMs">How long the tasks waited for rows, together.</param>
/// <param name="OutputWaitMs">How long they waited for readers, together.</param>
/// <param name="SpilledBytes">Bytes of rows that were written to disk.</param>
/// <param name="Attempts">Attempts of all tasks.</param>
/// <param name="RowSkew">Rows of the task that made most, by those of the middle one; 1 where all made as many.</param>
/// <param name="TimeSkew">The same of the time.</param>
/// <param name="Tasks">Its tasks; of each the newest attempt that did not fail.</param>
internal sealed record ExplainedActual(
    long Rows,
    long Bytes,
    long RowsIn,
    long BytesIn,
    double TimeMs,
    double InputWaitMs,
    double OutputWaitMs,
    long SpilledBytes,
    int Attempts,
    double RowSkew,
    double TimeSkew,
    IReadOnlyList<ExplainedTask> Tasks)
{
    /// <summary>Puts the tasks of a stage together; null: nothing was heard of any.</summary>
    public static ExplainedActual? Of(int stage, IReadOnlyList<TaskActual> actuals)
    {
        var attempts = actuals.Where(task => task.Stage == stage).ToList();
        var newest = attempts.GroupBy(task => task.Task).Select(tries => tries.MaxBy(task => (!task.HasFailed, task.Attempt))!).OrderBy(task => task.Task).ToList();
        return newest.Count == 0 ? null : new ExplainedActual(
            newest.Sum(task => task.RowsOut),
            newest.Sum(task => task.BytesOut),
            newest.Sum(task => task.RowsIn),
            newest.Sum(task => task.BytesIn),
            Milliseconds(newest.Max(task => task.Elapsed)),
            newest.Sum(task => Milliseconds(task.InputWait)),
            newest.Sum(task => Milliseconds(task.OutputWait)),
            newest.Sum(task => task.SpilledBytes),
            attempts.GroupBy(task => task.Task).Sum(tries => tries.Max(task => task.Attempt)),
            Skew(newest.Select(task => (double)task.RowsOut)),
            Skew(newest.Select(task => task.Elapsed.TotalMilliseconds)),
            [.. newest.Select(Task)]);
    }

    /// <summary>The largest by the middle one, the lower of two; 1 for none, and where the middle one is nothing the largest counts tasks.</summary>
    internal static double Skew(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        if (sorted.Count == 0 || sorted[^1] <= 0)
        {
            return 1;
        }

        // Where most have nothing, the largest has the work of all.
        var middle = sorted[(sorted.Count - 1) / 2];
        return Math.Round(middle > 0 ? sorted[^1] / middle : sorted.Count, 2);
    }

    private static ExplainedTask Task(TaskActual task) => new(
        task.Task,
        task.Worker,
        task.State,
        task.Attempt,
        task.RowsOut,
        task.BytesOut,
        task.RowsIn,
        task.BytesIn,
        Milliseconds(task.Elapsed),
        Milliseconds(task.InputWait),
        Milliseconds(task.OutputWait),
        task.SpilledBytes,
        [.. task.Operators.Select(one => new ExplainedMeasure(one.Name, one.Depth, one.Rows, one.Bytes, Milliseconds(one.Time)))]);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>What came of a task; as <see cref="ExplainedActual"/>.</summary>
internal sealed record ExplainedTask(
    int Task,
    string Worker,
    string State,
    int Attempt,
    long Rows,
    long Bytes,
    long RowsIn,
    long BytesIn,
    double TimeMs,
    double InputWaitMs,
    double OutputWaitMs,
    long SpilledBytes,
    IReadOnlyList<ExplainedMeasure> Operators);

/// <summary>What the engine measured of an operator.</summary>
internal sealed record ExplainedMeasure(string Name, int Depth, long Rows, long Bytes, double TimeMs);
