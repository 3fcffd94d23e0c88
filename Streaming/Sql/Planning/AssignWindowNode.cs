using System.Globalization;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Each row once for each window that it is of; the columns are those of the input, then the window, whose last microsecond is the new event time.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Window">No session, whose ends are not known row by row.</param>
/// <param name="WindowType">Type of the window's column.</param>
internal sealed record AssignWindowNode(PlanNode Input, WindowConfig Window, SqlType WindowType) : PlanNode
{
    public override ValueList<SqlType> Types => [.. Input.Types, WindowType];

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };

    /// <summary>The text for the engine.</summary>
    /// <param name="view">Its columns are those of the input, then the event time.</param>
    public string Sql(string view)
    {
        var count = Input.Types.Count;
        var time = string.Create(CultureInfo.InvariantCulture, $"epoch_us(c{count})");
        var (starts, length) = Window.WindowCase switch
        {
            WindowConfig.WindowOneofCase.Tumbling => (Floor(time, Window.Tumbling.WidthMicros), Text(Window.Tumbling.WidthMicros)),
            WindowConfig.WindowOneofCase.Hopping => (
                $"unnest([{Floor(time, Window.Hopping.SlideMicros)} - i * {Text(Window.Hopping.SlideMicros)} FOR i IN range({Text(Window.Hopping.WidthMicros / Window.Hopping.SlideMicros)})])",
                Text(Window.Hopping.WidthMicros)),
            _ => (
                Floor(time, Window.Cumulating.WidthMicros),
                $"unnest(range({Floor(time, Window.Cumulating.StepMicros)} - {Floor(time, Window.Cumulating.WidthMicros)} + {Text(Window.Cumulating.StepMicros)}, {Text(Window.Cumulating.WidthMicros + 1)}, {Text(Window.Cumulating.StepMicros)}))"),
        };
        var columns = string.Concat(Enumerable.Range(0, count).Select(place => string.Create(CultureInfo.InvariantCulture, $"c{place}, ")));
        return $"SELECT {columns}struct_pack(start := make_timestamp(s), \"end\" := make_timestamp(s + l)), make_timestamp(s + l - 1) FROM (SELECT {columns}{starts} AS s, {length} AS l FROM {view})";
    }

    private static string Floor(string micros, long width) => $"({micros} - (({micros} % {Text(width)}) + {Text(width)}) % {Text(width)})";

    private static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"CAST({number} AS BIGINT)");
}
