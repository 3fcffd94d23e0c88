using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Roles;

/// <summary>Goal: a statement sees its parents as tables and its rows come out in the asked batches. Method: the real engine.</summary>
public sealed class SqlRoleHandlerTests : IAsyncDisposable
{
    private readonly FakeContext _context = new();
    private readonly SqlRoleHandler _handler = new(Options.Create(new SqlRoleOptions()));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _handler.CleanupAsync(_context);
        if (Directory.Exists(_context.TempFolder))
        {
            Directory.Delete(_context.TempFolder, recursive: true);
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Statement_OverItsParents_SeesEachAsATable()
    {
        _context.Inputs["left"] = [[1, 2], [3]];
        _context.Inputs["right-2"] = [[3, 4], [1]];

        var rows = await RunAsync("""{"statement": "SELECT l.n FROM \"left\" l JOIN \"right-2\" r ON l.n = r.n ORDER BY 1", "other": true}""");

        Assert.Equal([[1, 3]], rows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Statement_WithMaxBatchRows_GivesBatchesOfThatSize()
    {
        var rows = await RunAsync("""{"statement": "SELECT range AS n FROM range(7)", "max_batch_rows": 3}""");

        Assert.Equal([[0, 1, 2], [3, 4, 5], [6]], rows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Statement_ThatNamesAParentTwice_ReadsItTwice()
    {
        _context.Inputs["a"] = [[1, 2]];

        Assert.Equal([[1, 1, 2, 2]], await RunAsync("""{"statement": "SELECT n FROM (FROM a UNION ALL FROM a) ORDER BY n"}"""));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Statement_WithoutRows_GivesOneEmptyBatchWithItsColumns() =>
        Assert.Equal([[]], await RunAsync("""{"statement": "SELECT 1::BIGINT AS n WHERE false"}"""));

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"statement": ""}""")]
    [InlineData("""{"statement": 7}""")]
    [InlineData("""{"statement": "SELECT 1", "max_batch_rows": 0}""")]
    [InlineData("""{"statement": "SELECT 1", "max_batch_rows": 1048577}""")]
    [InlineData("""{"statement": "SELECT 1", "max_batch_rows": "many"}""")]
    public async Task Params_ThatAreWrong_AreBadInput(string parameters)
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(parameters));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Equal(new ErrorClass("bad_input", Permanent: true), _handler.ClassifyError(failure));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Statement_ThatTheEngineRefuses_IsAPermanentEngineErrorWithItsMessage()
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => RunAsync("""{"statement": "SELECT n FROM nowhere"}"""));

        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new ErrorClass("engine_error", Permanent: true), _handler.ClassifyError(failure));
    }

    [Fact]
    public void ClassifyError_OfWhatMayPass_AllowsARetry()
    {
        Assert.Equal(new ErrorClass("engine_error", Permanent: false), _handler.ClassifyError(new EngineException("full", EngineErrorKind.OutOfMemory)));
        var source = new EngineException("source", EngineErrorKind.Source, new FlowException(FlowErrorCode.ArtifactLost, "gone"));
        Assert.Equal(new ErrorClass("artifact_lost", Permanent: false), _handler.ClassifyError(source));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Parent_WithoutBatches_IsNamed()
    {
        _context.Inputs["silent"] = [];

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync("""{"statement": "FROM silent"}"""));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("'silent'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64L << 20, 1, true)]
    [InlineData((64L << 20) - 1, 1, false)]
    [InlineData(1L << 40, 1024, true)]
    [InlineData((1L << 40) + 1, 1, false)]
    [InlineData(64L << 20, 0, false)]
    [InlineData(64L << 20, 1025, false)]
    public void Options_AtTheirLimits_AreTakenOrRefused(long memory, int threads, bool isValid) =>
        Assert.Equal(isValid, new SqlRoleOptionsValidator().Validate(null, new SqlRoleOptions { MemoryLimitBytes = memory, ThreadCount = threads }).Succeeded);

    private async Task<List<long[]>> RunAsync(string parameters)
    {
        _context.SetParams(parameters);
        await _handler.InitAsync(_context, Token);
        await _handler.LoadInputAsync(_context, Token);
        List<long[]> batches = [];
        await foreach (var input in _handler.ReadBatchesAsync(_context, Token).WithCancellation(Token))
        {
            using var batch = input.Batch!;
            var outcome = await _handler.ProcessBatchAsync(_context, input, Token);
            using var output = outcome.Output!;
            Assert.Equal("n", output.Schema.Fields[0].Name);
            batches.Add(output.Column<Int64Array>("n").Values.ToArray());
        }

        return batches;
    }

    private sealed class FakeContext : RunContext
    {
        private JsonElement _params;

        public Dictionary<string, long[][]> Inputs { get; } = [];

        public override TaskId TaskId => TaskId.Parse("r/report/0");

        public override int TaskCount => 1;

        public override long Epoch => 1;

        public override int Attempt => 1;

        public override WorkerId WorkerId => new("w");

        public override string Role => SqlRoleHandler.Role;

        public override JsonElement Params => _params;

        public override IReadOnlyDictionary<string, string> Files { get; } = new Dictionary<string, string>();

        public override IReadOnlyList<string> Parents => [.. Inputs.Keys];

        public override int AcceptedBatchCount => 0;

        public override TaskCheckpoint? Checkpoint => null;

        public override RunTotals Totals => new(0, 0, new Dictionary<string, double>());

        public override string IdempotencyKey => TaskId.Value;

        public override IArtifactWriter Artifacts => throw new NotSupportedException();

        public override TimeSpan? Remaining => null;

        public override IDictionary<string, object?> Scratch { get; } = new Dictionary<string, object?>();

        public override void AddMetric(string name, double value) => throw new NotSupportedException();

        public override ValueTask SaveCheckpointAsync(TaskCheckpoint checkpoint, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override Task<int> RunProcessAsync(ProcessStartInfo start, Action<string>? onLine, TimeSpan? grace, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override void RegisterProcess(Process process) => throw new NotSupportedException();

        public override void DeleteAtEnd(string path) => throw new NotSupportedException();

        public override void OnCleanup(Func<ValueTask> action) => throw new NotSupportedException();

        public override CancellationToken Stopping => CancellationToken.None;

        public override string? StopReason => null;

        public override IServiceProvider Services => throw new NotSupportedException();

        public override ILogger Logger => NullLogger.Instance;

        public override TimeProvider Clock => TimeProvider.System;

        public override string TempFolder { get; } = Path.Combine(Path.GetTempPath(), "orleansflow-tests", Guid.NewGuid().ToString("N"));

        public void SetParams(string json) => _params = json.Length == 0 ? default : JsonElement.Parse(json);

        public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public override async IAsyncEnumerable<InputBatch> ReadUpstreamAsync(
            string node, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var values in Inputs[node])
            {
                await Task.Yield();
                yield return new InputBatch(node, HandlerScript.Numbers(values));
            }
        }

        public override void ReportProgress(double fraction)
        {
        }
    }
}
