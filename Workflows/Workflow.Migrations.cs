using OrleansFlow.Workflows.Migrations;

namespace OrleansFlow.Workflows;

/// <content>Runs of older versions.</content>
public sealed partial class Workflow<TContext>
{
    private readonly List<MigrationRules<TContext>> _migrations = [];

    /// <summary>
    /// Lets live runs of an older version move to this one. A run moves when it is told to; until then it goes on with its own version. Its items keep their
    /// ids, attempts and waits; a node of the same name and input needs no rule.
    /// </summary>
    /// <param name="version">The older version.</param>
    /// <param name="rules">What has changed; <see langword="null"/> for nothing that a run could have items at.</param>
    public Workflow<TContext> MigrateFrom(int version, Action<MigrationRules<TContext>>? rules = null)
    {
        var made = new MigrationRules<TContext>(version);
        rules?.Invoke(made);
        _migrations.Add(made);
        return this;
    }
}
