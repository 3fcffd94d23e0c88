using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>What a handler sees of its attempt. What costs anything is made at first use.</summary>
internal sealed class AttemptContext(
    TaskAttempt attempt, WorkerId workerId, IServiceProvider services, UpstreamReaders readers, Func<TaskAttempt, string> makeTempFolder,
    ILogger logger, TimeProvider clock) : RunContext
{
    private JsonElement? _params;
    private ILogger? _logger;
    private string? _tempFolder;

    public override TaskId TaskId => attempt.Token.TaskId;

    public override int TaskCount => Math.Max(1, attempt.Offer.TaskCount);

    public override long Epoch => attempt.Token.Epoch;

    public override int Attempt => attempt.Offer.Attempt;

    public override WorkerId WorkerId => workerId;

    public override string Role => attempt.Offer.Role;

    public override JsonElement Params => _params ??= ParseParams();

    public override IReadOnlyDictionary<string, string> Files => attempt.Offer.Files;

    public override IReadOnlyList<string> Parents => attempt.Offer.Parents;

    public override int AcceptedBatchCount => attempt.Offer.AcceptedBatches;

    public override CancellationToken Stopping => attempt.Stopping;

    public override string? StopReason => attempt.StopReason;

    public override IServiceProvider Services => services;

    public override ILogger Logger => _logger ??= new AttemptLogger(
        logger, [new("TaskId", TaskId.Value), new("Epoch", Epoch), new("WorkerId", workerId.Value)]);

    public override TimeProvider Clock => clock;

    public override string TempFolder => _tempFolder ??= makeTempFolder(attempt);

    /// <summary>The folder, if the handler asked for it.</summary>
    public string? MadeTempFolder => _tempFolder;

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(CancellationToken cancellationToken) =>
        attempt.Offer.Parents.Count == 0 ? AsyncEnumerable.Empty<InputBatch>() : ReadAsync("", cancellationToken);

    public override IAsyncEnumerable<InputBatch> ReadUpstreamAsync(string node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        return attempt.Offer.Parents.Contains(node)
            ? ReadAsync(node, cancellationToken)
            : throw new ArgumentException(
                $"'{node}' is not a parent of task '{TaskId}': its parents are [{string.Join(", ", attempt.Offer.Parents)}].", nameof(node));
    }

    public override void ReportProgress(double fraction) => attempt.ReportProgress(fraction);

    private async IAsyncEnumerable<InputBatch> ReadAsync(
        string node, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = readers.Open(attempt, node);
        try
        {
            await foreach (var batch in reader.ReadAllAsync(cancellationToken))
            {
                yield return batch;
            }
        }
        finally
        {
            readers.Close(reader);
        }
    }

    private JsonElement ParseParams()
    {
        if (attempt.Offer.ParamsJson.Length == 0)
        {
            return default;
        }

        try
        {
            return JsonElement.Parse(attempt.Offer.ParamsJson);
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The parameters of task '{TaskId}' are not JSON: {exception.Message}", exception);
        }
    }
}
