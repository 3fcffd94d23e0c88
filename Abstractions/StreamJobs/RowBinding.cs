namespace OrleansFlow.StreamJobs;

/// <summary>What a parameter of a lambda stands for in SQL.</summary>
internal abstract record RowBinding
{
    /// <summary>A row.</summary>
    /// <param name="Alias">Of the relation.</param>
    /// <param name="Columns">Its columns.</param>
    public sealed record Row(string Alias, RecordColumns Columns) : RowBinding
    {
        /// <summary>A column of it.</summary>
        public string Of(RecordColumn column) => $"{Alias}.{SqlText.Quote(column.Name)}";
    }

    /// <summary>One value.</summary>
    /// <param name="Sql">The expression.</param>
    public sealed record Value(string Sql) : RowBinding;

    /// <summary>A group; what its lambda asks of it is collected.</summary>
    /// <param name="Key">Expressions of the key by its members; one of the name <see cref="RecordColumns.ValueColumn"/> for a key that is one value.</param>
    /// <param name="Rows">The rows of the group.</param>
    public sealed record Group(IReadOnlyList<(string Member, string Sql)> Key, Row Rows) : RowBinding
    {
        /// <summary>Alias of the relation of groups.</summary>
        public const string Alias = "g";

        /// <summary>Aggregates so far, each once.</summary>
        public List<string> Aggregates { get; } = [];

        /// <summary>The column of an aggregate.</summary>
        public string Add(string aggregate)
        {
            var place = Aggregates.IndexOf(aggregate);
            if (place < 0)
            {
                place = Aggregates.Count;
                Aggregates.Add(aggregate);
            }

            return $"{Alias}.{SqlText.Quote(FormattableString.Invariant($"_a{place}"))}";
        }
    }
}
