using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Tests.Engine.Functions;

/// <summary>Goal: who makes rows is told which columns a statement reads, and makes no others; names of files mean calls of functions.</summary>
public sealed class TableColumnTests : EngineTestBase
{
    private static readonly ArrowSchema Wide = new(
        new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Utf8), new ArrowField("c", ArrowType.Int64), new ArrowField("d", ArrowType.Float64));

    private readonly List<int[]> _asked = [];

    protected override EngineOptions Options => new()
    {
        ThreadCount = 2,
        Functions =
        [
            EngineFunction.Table(
                "my_wide",
                [EngineParameter.Named<bool>("lies")],
                arguments => new TableRows(Wide, _ => throw new InvalidOperationException("Nobody asks for all of them."))
                {
                    OpenColumns = (columns, _) => Rows(columns, arguments.Get("lies", false)).ToAsyncEnumerable(),
                }),
            EngineFunction.Table(
                "my_paths",
                [EngineParameter.At<string[]>("paths")],
                arguments => new TableRows(
                    new ArrowSchema(new ArrowField("paths", ArrowType.Utf8)),
                    _ => Texts(string.Join('|', arguments.Get<string[]>("paths"))).ToAsyncEnumerable())),
        ],
        FileReaders = new Dictionary<string, string> { [".paths"] = "my_paths" },
    };

    [Fact]
    public async Task Function_IsAskedForTheColumnsThatAreRead()
    {
        Assert.Equal([["b 2", 30.0]], await RowsAsync("SELECT b, d FROM my_wide() WHERE c = 200"));
        Assert.Equal([1, 2, 3], Assert.Single(_asked).Order());
    }

    [Fact]
    public async Task Function_WhoseRowsAreCounted_IsAskedForAnyColumn()
    {
        Assert.Equal([[3L]], await RowsAsync("SELECT count(*) FROM my_wide()"));
        Assert.Single(Assert.Single(_asked));
    }

    [Fact]
    public async Task Function_ThatMakesOtherColumnsThanAsked_FailsTheStatement()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => RowsAsync("SELECT a, b FROM my_wide(lies := true)"));

        Assert.Contains("my_wide", failure.Message, StringComparison.Ordinal);
        Assert.Contains("asked for are 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegisteredColumns_AreThoseThatAStatementReads()
    {
        await Session.RegisterColumnsAsync("wide", Wide, null, (columns, _) => Rows(columns, false).ToAsyncEnumerable(), Token);

        Assert.Equal([[3L, "b 0"]], await RowsAsync("SELECT count(*), min(b) FROM wide"));
        Assert.Equal([[60.0, 300L]], await RowsAsync("SELECT sum(d), sum(c)::BIGINT FROM wide"));
        Assert.Equal([[1], [2, 3]], _asked.Select(columns => columns.Order().ToArray()));
    }

    [Theory]
    [InlineData("'one'", "one")]
    [InlineData("['one', 'two''s']", "one|two's")]
    [InlineData("[]", "")]
    public async Task Texts_AreOneOrAList(string argument, string expected) =>
        Assert.Equal(expected, await ValueAsync($"SELECT paths FROM my_paths({argument})"));

    [Theory]
    [InlineData("7")]
    [InlineData("['a', NULL]")]
    public async Task Texts_ThatAreNone_AreRefused(string argument) =>
        Assert.Contains("my_paths", (await Assert.ThrowsAsync<EngineException>(() => ValueAsync($"SELECT paths FROM my_paths({argument})"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task NameOfAFile_MeansACallOfTheFunctionOfItsEnding()
    {
        Assert.Equal("/no/such/file.PATHS", await ValueAsync("SELECT paths FROM '/no/such/file.PATHS'"));
        Assert.Contains("file.other", (await Assert.ThrowsAsync<EngineException>(() => ValueAsync("SELECT * FROM 'file.other'"))).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<RecordBatch> Texts(string text)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("paths", ArrowType.Utf8)));
        yield return builder.AppendRow(text).Build();
    }

    private IEnumerable<RecordBatch> Rows(IReadOnlyList<int> columns, bool lies)
    {
        _asked.Add([.. columns]);
        using var builder = new RecordBatchBuilder(Wide);
        for (var row = 0; row < 3; row++)
        {
            builder.AppendRow((long)row, $"b {row}", (long)row * 100, row == 2 ? 30.0 : row * 30.0);
        }

        using var all = builder.Build();
        yield return lies ? all.Select(0) : all.Select([.. columns]);
    }
}
