using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>What became of a commit.</summary>
/// <param name="IsAppended">False: the run's log goes on otherwise than the commit supposes; nothing was written.</param>
/// <param name="Existing">Of a first commit that was refused: the run that has the id or idempotency key.</param>
internal readonly record struct AppendAnswer(bool IsAppended, RunId Existing = default)
{
    public static AppendAnswer Appended { get; } = new(IsAppended: true);

    public static AppendAnswer Conflict { get; } = new(IsAppended: false);
}
