using System.Globalization;

namespace OrleansFlow.Sql.Explain;

/// <summary>What came of a stage, as lines for people.</summary>
internal static class ActualText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>The stage as a whole.</summary>
    public static string Stage(ExplainedActual actual) => Line(
        $"rows={actual.Rows}, bytes={Size(actual.Bytes)}, time={Time(actual.TimeMs)}",
        actual.RowsIn > 0 ? $", in={actual.RowsIn} rows {Size(actual.BytesIn)}" : "",
        Waits(actual.InputWaitMs, actual.OutputWaitMs, actual.SpilledBytes),
        $", attempts={actual.Attempts}",
        actual.Tasks.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $", skew={actual.RowSkew} of rows {actual.TimeSkew} of time") : "");

    /// <summary>One of its tasks.</summary>
    public static string Task(ExplainedTask task) => Line(
        $"task {task.Task} at {task.Worker}: rows={task.Rows}, bytes={Size(task.Bytes)}, time={Time(task.TimeMs)}",
        task.RowsIn > 0 ? $", in={task.RowsIn} rows {Size(task.BytesIn)}" : "",
        Waits(task.InputWaitMs, task.OutputWaitMs, task.SpilledBytes),
        task.Attempt > 1 ? $", attempt={task.Attempt}" : "",
        task.State == "finished" ? "" : $", {task.State}");

    /// <summary>One operator of a task's engine.</summary>
    public static string Operator(ExplainedMeasure one) => $"{one.Name} rows={one.Rows}, bytes={Size(one.Bytes)}, time={Time(one.TimeMs)}";

    /// <summary>All of it, with blanks before each line.</summary>
    public static IEnumerable<string> Lines(ExplainedActual actual)
    {
        yield return $"  > {Stage(actual)}";
        foreach (var task in actual.Tasks)
        {
            yield return $"  >   {Task(task)}";
            foreach (var one in task.Operators)
            {
                yield return $"  >     {new string(' ', one.Depth * 2)}{Operator(one)}";
            }
        }
    }

    private static string Line(params ReadOnlySpan<string> parts) => string.Concat(parts);

    private static string Waits(double inputMs, double outputMs, long spilledBytes) => string.Concat(
        inputMs > 0 ? $", waited={Time(inputMs)} for rows" : "",
        outputMs > 0 ? $", waited={Time(outputMs)} for readers" : "",
        spilledBytes > 0 ? $", spilled={Size(spilledBytes)}" : "");

    private static string Time(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.###}ms");

    private static string Size(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#}{Units[unit]}");
    }
}
