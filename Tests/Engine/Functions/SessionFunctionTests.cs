using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Tests.Engine.Functions;

/// <summary>Goal: functions of a session are its own, and leave with it.</summary>
public sealed class SessionFunctionTests : EngineTestBase
{
    protected override EngineOptions Options => new() { ThreadCount = 2, Functions = [EngineFunction.Scalar<int, string>("who", _ => "everybody")] };

    [Fact]
    public async Task Function_OfASession_IsSeenByItAlone()
    {
        await using var other = Instance.OpenSession();
        await Session.RegisterFunctionsAsync([EngineFunction.Scalar<int, string>("tenant", value => FormattableString.Invariant($"blue {value}"))], Token);
        await other.RegisterFunctionsAsync([EngineFunction.Scalar<int, string>("tenant", value => FormattableString.Invariant($"red {value}"))], Token);
        await using var third = Instance.OpenSession();

        Assert.Equal("blue 1", await ValueAsync("SELECT tenant(1)"));
        Assert.Equal([["red 1"]], await RowsAsync(other, "SELECT tenant(1)"));
        Assert.Contains("tenant", (await Assert.ThrowsAsync<EngineException>(() => RowsAsync(third, "SELECT tenant(1)"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Function_OfASession_HidesThatOfTheDatabase()
    {
        await Session.RegisterFunctionsAsync([EngineFunction.Scalar<int, string>("who", _ => "me")], Token);
        await using var other = Instance.OpenSession();

        Assert.Equal("me", await ValueAsync("SELECT who(1)"));
        Assert.Equal([["everybody"]], await RowsAsync(other, "SELECT who(1)"));
    }

    [Fact]
    public async Task Sessions_OneAfterTheOther_ShareThePlacesOfTheirFunctions()
    {
        for (var index = 0; index < 20; index++)
        {
            var number = index;
            await using var session = Instance.OpenSession();
            await session.RegisterFunctionsAsync(
                [
                    EngineFunction.Scalar<int, int>("number", value => value + number),
                    EngineFunction.Variadic<int, int>("many", values => values.Length + number),
                    EngineFunction.Aggregate<long, long, long>("total", new Total(number)),
                    EngineFunction.Table("rows_of", [EngineParameter.At<int>("count"), EngineParameter.Named<string>("tag")], arguments => Rows(arguments, number)),
                ],
                Token);

            Assert.Equal([[index + 1, index + 3, index + 6L]], await RowsAsync(session, "SELECT number(1), many(7, 8, 9), (SELECT total(n) FROM range(4) r(n))"));
            Assert.Equal([["x" + index], ["x" + index]], await RowsAsync(session, "SELECT * FROM rows_of(2, tag := 'x')"));
            Assert.Equal([["-" + index]], await RowsAsync(session, "SELECT * FROM rows_of(1)"));
        }

        // The engine keeps what was registered once: four functions and the one of the database, not eighty.
        Assert.Equal(5, FunctionSlot.LiveCount);
    }

    [Fact]
    public async Task Names_ThatClash_AreRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Session.RegisterFunctionsAsync(
            [EngineFunction.Scalar<int, int>("f", value => value), EngineFunction.Aggregate<long, long, long>("f", new Total(0))], Token));

        Assert.Contains("'f'", error.Message, StringComparison.Ordinal);
    }

    private TableRows Rows(TableArguments arguments, int number)
    {
        var schema = new ArrowSchema(new ArrowField("tag", ArrowType.Utf8));
        var text = FormattableString.Invariant($"{arguments.Get("tag", "-")}{number}");
        return new TableRows(schema, _ => OneAsync());

        async IAsyncEnumerable<RecordBatch> OneAsync()
        {
            await Task.Yield();
            yield return Batch(schema, [.. Enumerable.Range(0, arguments.Get<int>("count")).Select(_ => new object?[] { text })]);
        }
    }

    private sealed class Total(long first) : IAggregate<long, long, long>
    {
        public void Add(ref long state, long value) => state += value;

        public void Combine(ref long state, in long other) => state += other;

        public long Finish(in long state) => state + first;
    }
}
