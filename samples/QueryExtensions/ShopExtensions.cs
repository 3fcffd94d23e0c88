using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Samples.QueryExtensions;

/// <summary>What queries of the shop may name: declared once, added to the silo and to every worker.</summary>
public static class ShopExtensions
{
    /// <summary>All of it.</summary>
    public static OrleansFlow.Worker.Queries.QueryExtensions All { get; } = OrleansFlow.Worker.Queries.QueryExtensions.None
        .WithFunctions(
            EngineFunction.Scalar<long, int, long>("discounted", Discounted),
            EngineFunction.Batch<long, long>("bucket", Bucket),
            EngineFunction.Aggregate<Extremes, double, double?>("spread", new Spread()),
            EngineFunction.Table("weekdays", [EngineParameter.Named<long>("first")], arguments => Weekdays.From(arguments.Get("first", 0L))),
            EngineFunction.Scalar("team", () => "nobody"),
            EngineFunction.Scalar<long, string>("priced", cents => FormattableString.Invariant($"{cents} cents")))
        .WithNode(Orders.Node)
        .WithCodec(new OrdersCodec())
        .WithConfigOption("currency");

    private static long Discounted(long cents, int percent) =>
        percent is >= 0 and <= 100 ? cents * (100 - percent) / 100 : throw new ArgumentException($"{percent} % is no discount.");

    private static void Bucket(EngineColumn<long> values, EngineColumnWriter<long> results)
    {
        for (var row = 0; row < results.Count; row++)
        {
            results[row] = values[row] / 100;
        }
    }

    private struct Extremes
    {
        public bool HasRows;
        public double Least;
        public double Most;
    }

    private sealed class Spread : IAggregate<Extremes, double, double?>
    {
        public void Add(ref Extremes state, double value) => Combine(ref state, new Extremes { HasRows = true, Least = value, Most = value });

        public void Combine(ref Extremes state, in Extremes other)
        {
            if (other.HasRows)
            {
                state.Least = state.HasRows ? Math.Min(state.Least, other.Least) : other.Least;
                state.Most = state.HasRows ? Math.Max(state.Most, other.Most) : other.Most;
                state.HasRows = true;
            }
        }

        public double? Finish(in Extremes state) => state.HasRows ? state.Most - state.Least : null;
    }
}
