namespace OrleansFlow.Storage.Sqlite;

/// <summary>Inserts or replaces one reminder.</summary>
internal sealed class ReminderUpsert(string grain, string name, uint hash, DateTime startUtc, TimeSpan period, string etag) : StoreWrite
{
    /// <summary>A reminder backs something that is written beside it.</summary>
    public override bool MayWait => true;

    public override int StateBytes => 64;

    protected override Exception? Apply(WriteStatements statements)
    {
        statements.UpsertReminder(grain, name, hash, startUtc.Ticks, period.Ticks, etag);
        return null;
    }
}

/// <summary>Deletes one reminder when its etag is the expected one.</summary>
internal sealed class ReminderDelete(string grain, string name, string etag) : StoreWrite
{
    /// <summary>Whether a row was deleted; valid once the write is done.</summary>
    public bool Deleted { get; private set; }

    public override bool MayWait => true;

    public override int StateBytes => 64;

    protected override Exception? Apply(WriteStatements statements)
    {
        Deleted = statements.DeleteReminder(grain, name, etag);
        return null;
    }
}

/// <summary>Deletes every reminder.</summary>
internal sealed class ReminderClear : StoreWrite
{
    public override int StateBytes => 64;

    protected override Exception? Apply(WriteStatements statements)
    {
        statements.ClearReminders();
        return null;
    }
}
