using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>How a union of several types is a struct: a field for each branch but null, by its name (<c>int</c>, <c>string</c>, <c>Order</c>).</summary>
internal static class AvroUnions
{
    /// <summary>The field of each branch; null when the struct is none of its branches.</summary>
    public static int[]? BranchesOf(AvroType union, StructType row)
    {
        var fields = new int[union.Branches.Count];
        var found = 0;
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = -1;
            for (var field = 0; field < row.Fields.Count && union.Branches[i].Kind != AvroKind.Null; field++)
            {
                fields[i] = row.Fields[field].Name == union.Branches[i].BranchName ? field : fields[i];
            }

            if (fields[i] < 0 && union.Branches[i].Kind != AvroKind.Null)
            {
                return null;
            }

            found += fields[i] >= 0 ? 1 : 0;
        }

        return found > 1 && found == row.Fields.Count ? fields : null;
    }
}
