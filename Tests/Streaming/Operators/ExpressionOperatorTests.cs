using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Operators;

public class ExpressionOperatorTests
{
    [Fact]
    public async Task Filter_LetsThroughWhatIsTrue_AndNoNull()
    {
        var condition = new DelegateExpression(ArrowType.Boolean, (batch, allocator) =>
        {
            using var builder = new BooleanBuilder(allocator);
            foreach (var number in batch.Column<Int64Array>(0).Values)
            {
                builder.Append(number == 4 ? null : number % 2 == 0);
            }

            return builder.Build();
        });
        await using var one = await OperatorHarness.StartAsync(new FilterOperator(condition), Rows.Numbers);

        await one.ProcessAsync(Rows.Of(8));

        Assert.Equal([0, 2, 6], one.Batches[0].Column<Int64Array>(0).Values.ToArray());
    }

    [Fact]
    public async Task Projection_MakesRowsAnew_AndLeavesNothingOfTheOldOnes()
    {
        var memory = new CountingAllocator();
        var schema = new ArrowSchema(new ArrowField("same", ArrowType.Int64), new ArrowField("double", ArrowType.Int64));
        var doubled = new DelegateExpression(ArrowType.Int64, (batch, allocator) =>
        {
            using var builder = new Int64Builder(allocator);
            foreach (var number in batch.Column<Int64Array>(0).Values)
            {
                builder.Append(number * 2);
            }

            return builder.Build();
        });
        await using (var one = await OperatorHarness.StartAsync(new ProjectionOperator(schema, [new ColumnExpression(0, ArrowType.Int64), doubled]), Rows.Numbers))
        {
            await one.ProcessAsync(Rows.Of(3, allocator: memory));

            Assert.Equal([0, 1, 2], one.Batches[0].Column<Int64Array>("same").Values.ToArray());
            Assert.Equal([0, 2, 4], one.Batches[0].Column<Int64Array>("double").Values.ToArray());
        }

        Assert.Equal(0, memory.LiveBytes);
    }

    [Fact]
    public void Projection_WhoseExpressionsDoNotFitItsColumns_IsRefused()
    {
        var schema = new ArrowSchema(new ArrowField("a", ArrowType.Utf8));

        Assert.Contains("'a' is", Assert.Throws<ArgumentException>(() => new ProjectionOperator(schema, [new ColumnExpression(0, ArrowType.Int64)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ProjectionOperator(schema, []));
    }
}
