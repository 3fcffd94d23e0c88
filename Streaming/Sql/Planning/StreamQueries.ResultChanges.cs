using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Updates;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Windows whose results go out more than once.</content>
internal sealed partial class StreamQueries
{
    /// <summary>When results of the window of the query that is planned go out besides its end; null: they do not.</summary>
    public ResultChanges? ResultChanges { get; set; }

    /// <summary>The operator of a window, and the rows that leave it.</summary>
    private static (StreamOperatorPlan Plan, ArrowSchema Output) WindowPlan(
        WindowConfig config, ResultChanges? changes, ArrowSchema input, IReadOnlyList<string> names, IReadOnlyList<ArrowType> types)
    {
        if (changes is null)
        {
            return (new StreamOperatorPlan(WindowOperator.Kind, config), WindowOperator.OutputOf(input, config, names, types));
        }

        var changing = new ChangingWindowConfig { Window = config, AllowedLatenessMicros = changes.LatenessMicros, EarlyIntervalMicros = changes.EarlyMicros };
        try
        {
            return (new StreamOperatorPlan(ChangingWindowOperator.Kind, changing), ChangingWindowOperator.OutputOf(input, config, names, types));
        }
        catch (NotSupportedException exception)
        {
            throw changes.WrongType(exception);
        }
    }
}
