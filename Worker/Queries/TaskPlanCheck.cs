using System.Globalization;
using Google.Protobuf.Collections;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Outputs;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Worker.Queries;

/// <summary>Whether a plan can be run as it is: every fault at once, before anything begins.</summary>
internal static class TaskPlanCheck
{
    private const int QueryIdCharsMax = 200;
    private const int OutputsMax = 64;

    /// <exception cref="FlowException"><c>bad_input</c>: the plan contradicts itself; <c>unsupported</c>: it needs a function that there is none of.</exception>
    public static void ThrowIfWrong(TaskPlan plan, QueryTaskHost host)
    {
        List<string> faults = [];
        CheckKey(plan.Key, faults);
        if (plan.Sql.Length == 0 && !plan.IsPassThrough)
        {
            faults.Add("sql is empty; write one SELECT.");
        }

        if (plan.IsPassThrough && (plan.Inputs.Count != 1 || plan.Scans.Count != 0))
        {
            faults.Add($"is_pass_through needs exactly one input and no scan; there are {plan.Inputs.Count} and {plan.Scans.Count}.");
        }

        if (plan.Sink is { } sink)
        {
            CheckSink(plan, sink, faults);
        }

        CheckNames(plan, faults);
        CheckOutputs(plan.Outputs, faults);
        CheckSummaries(plan, faults);
        if (plan.TimeLimit is { } limit && limit.ToTimeSpan() <= TimeSpan.Zero)
        {
            faults.Add($"time_limit is {limit}; leave it out, or give more than 0.");
        }

        if (faults.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The plan of task '{(plan.Key is null ? "" : QueryErrors.Format(plan.Key))}' cannot be run: {string.Join(" ", faults)}");
        }

        if (host.SessionBuilder is null)
        {
            ThrowIfMissing(plan, host, []);
        }
    }

    /// <summary>Whether all functions are there that the plan names.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="host">What all tasks have.</param>
    /// <param name="added">Names of the functions that the session builder added.</param>
    /// <exception cref="FlowException"><c>unsupported</c>: one is missing.</exception>
    public static void ThrowIfMissing(TaskPlan plan, QueryTaskHost host, IEnumerable<string> added)
    {
        if (plan.Functions.FirstOrDefault(name => !host.Extensions.HasFunction(name) && !added.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } missing)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Worker '{host.WorkerId}' has no function '{missing}', which the query needs. Declare it there with the same {nameof(QueryExtensions)} as at the silo, or run the query without it.");
        }
    }

    private static void CheckSummaries(TaskPlan plan, List<string> faults)
    {
        if (plan.ValueColumns.Any(column => column < 0))
        {
            faults.Add("value_columns holds a negative position.");
        }

        if ((plan.SumsUpHashes || plan.NeededHashes is not null) && plan.Outputs is not [{ Dealing: TaskOutput.Types.Dealing.Hash }, ..])
        {
            faults.Add("sums_up_hashes and needed_hashes are about output 0, which does not deal by hash.");
        }

        if (plan.NeededHashes is { } needed && !HashBloom.IsLength(needed.Bits.Length))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"needed_hashes has {needed.Bits.Length} bytes; it must be a power of two of at least 8."));
        }

        if (plan.NeededHashes is not null && plan.Outputs.Count > 1)
        {
            faults.Add("needed_hashes leaves out rows of all outputs, so there may be only one.");
        }
    }

    private static void CheckKey(TaskKey? key, List<string> faults)
    {
        if (key is null)
        {
            faults.Add("key is missing.");
            return;
        }

        if (key.QueryId.Length is 0 or > QueryIdCharsMax)
        {
            faults.Add($"key.query_id has {key.QueryId.Length} characters; use 1 to {QueryIdCharsMax}.");
        }

        if (key.Stage < 0 || key.Task < 0 || key.Attempt < 1)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"key is stage {key.Stage}, task {key.Task}, attempt {key.Attempt}; stage and task begin at 0, attempts at 1."));
        }
    }

    private static void CheckSink(TaskPlan plan, TaskSink sink, List<string> faults)
    {
        if (plan.IsPassThrough || !Path.IsPathFullyQualified(sink.Folder) || sink.Names.Count == 0 || !SinkWriter.Formats.Contains(sink.Format))
        {
            faults.Add($"sink.folder is '{sink.Folder}', its format '{sink.Format}' and {sink.Names.Count} its names; use an absolute folder, one of {string.Join(", ", SinkWriter.Formats)}, a name for each column, and no is_pass_through.");
        }

        if (sink.Prefix.AsSpan().IndexOfAny('/', '\\') >= 0)
        {
            faults.Add($"sink.prefix is '{sink.Prefix}'; it is the beginning of a file's name.");
        }
    }

    private static void CheckNames(TaskPlan plan, List<string> faults)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in plan.Scans.Select(scan => scan.Name).Concat(plan.Inputs.Select(input => input.Name)))
        {
            if (name.Length == 0 || !names.Add(name))
            {
                faults.Add($"'{name}' names two scans or inputs, or none; give each a name of its own.");
            }
        }

        foreach (var scan in plan.Scans.Where(scan => scan.SourceCase == TaskScan.SourceOneofCase.None))
        {
            faults.Add($"scan '{scan.Name}' has no source.");
        }

        foreach (var input in plan.Inputs)
        {
            if (input.Sources.Any(source => source.Range?.Key is null || source.Range.PartitionCount < 1 || source.Range.FirstPartition < 0 || source.Range.Output < 0))
            {
                faults.Add($"a source of input '{input.Name}' names no task or no partition.");
            }

            if (input.Span is not null)
            {
                faults.Add($"input '{input.Name}' names a span of tasks; that is for plans that are set by action, beside the places of the tasks.");
            }

            if (input.Sources.Count == 0 && input.ColumnTypes.Count == 0)
            {
                faults.Add($"input '{input.Name}' has neither sources nor column_types, so nobody knows its columns.");
            }

            if (input.Order.Any(key => key.Column < 0 || (input.ColumnTypes.Count > 0 && key.Column >= input.ColumnTypes.Count)))
            {
                faults.Add($"the order of input '{input.Name}' names a column that it does not have.");
            }
        }
    }

    private static void CheckOutputs(RepeatedField<TaskOutput> outputs, List<string> faults)
    {
        if (outputs.Count > OutputsMax)
        {
            faults.Add($"there are {outputs.Count} outputs; at most {OutputsMax} can be.");
        }

        for (var index = 0; index < outputs.Count; index++)
        {
            var output = outputs[index];
            if (output.PartitionCount is < 1 or > RowPartition.MaxPartitions)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"outputs[{index}].partition_count is {output.PartitionCount}; use 1 to {RowPartition.MaxPartitions}."));
            }

            if (!Enum.IsDefined(output.Dealing))
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"outputs[{index}].dealing is {(int)output.Dealing}, which this worker does not know."));
            }

            if (output is { Dealing: TaskOutput.Types.Dealing.All, PartitionCount: > 1 })
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"outputs[{index}] puts all rows into one partition and has {output.PartitionCount}."));
            }

            if (output.Dealing == TaskOutput.Types.Dealing.Hash && (output.Keys.Count == 0 || output.Keys.Any(key => key < 0)))
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"outputs[{index}].keys name no columns to hash."));
            }

            if (output.ReaderCount < 0)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"outputs[{index}].reader_count is {output.ReaderCount}; use 1 or more."));
            }
        }
    }
}
