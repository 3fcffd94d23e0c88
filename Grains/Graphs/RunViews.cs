using System.Globalization;
using System.Text.Json.Nodes;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What others see of a run's state.</summary>
internal static class RunViews
{
    public static RunView Run(GraphRunState state, long refusedEffects, bool withNodes) => new()
    {
        RunId = state.RunId,
        GraphName = state.Plan!.Name,
        Status = state is { IsPaused: true, IsTerminal: false } ? RunStatus.Paused : state.Status,
        SubmittedUtc = state.SubmittedUtc,
        StartedUtc = state.StartedUtc,
        EndedUtc = state.EndedUtc,
        Nodes = withNodes && state.Nodes.Count <= RunView.ShownNodesMax ? Nodes(state) : [],
        NodeCount = withNodes ? state.Nodes.Count : 0,
        NodeStates = withNodes ? [.. state.Nodes.CountBy(node => node.Status).OrderBy(count => count.Key).Select(count => new NodeStateCount(count.Key, count.Value))] : [],
        Failure = TaskReports.ToFailure(state.Failure),
        CancelReason = state.CancelReason,
        RefusedEffects = refusedEffects,
        VariablesJson = withNodes ? state.Variables.ToJson() : null,
        History = withNodes ? [.. state.History.Select(ToTransition)] : [],
        ReopenedUtc = state.ReopenedUtc,
        ArtifactBytes = state.IsTerminal ? state.Nodes.Sum(node => node.Bytes) : 0,
        ResultJson = withNodes && state.IsTerminal ? Result(state) : null,
        OutputsJson = withNodes && state.Status == RunStatus.Completed ? OutputScope.ResultOf(state) : null,
    };

    /// <summary>What each node's reports add up to.</summary>
    private static string? Result(GraphRunState state)
    {
        if (state.Nodes.Count > RunView.ShownNodesMax)
        {
            return null;
        }

        var nodes = state.Nodes.Select((node, index) => (JsonNode)new JsonObject
        {
            ["node_id"] = state.Plan!.Nodes[index].Id,
            ["stats"] = new JsonObject(node.Metrics.Select(metric => KeyValuePair.Create<string, JsonNode?>(metric.Key, metric.Value))),
        });
        return new JsonObject { ["nodes"] = new JsonArray([.. nodes]) }.ToJsonString();
    }

    private static StatusTransition ToTransition(StatusChange change) => new(change.From, change.To, change.AtUtc, change.Reason);

    private static NodeView[] Nodes(GraphRunState state)
    {
        // One message holds them, so there must be an end to it.
        var withTasks = state.Nodes.Sum(node => node.Tasks.Count) <= RunView.ShownTasksMax
            && state.Nodes.Sum(node => node.Tasks.Sum(task => (long)(task.ResultJson?.Length ?? 0))) <= RunView.ShownResultCharsMax;
        return [.. Enumerable.Range(0, state.Nodes.Count).Select(index => Node(state, index, withTasks))];
    }

    public static NodeView Node(GraphRunState state, int index, bool withTasks)
    {
        var (plan, node) = (state.Plan!.Nodes[index], state.Nodes[index]);
        return new NodeView
        {
            NodeId = plan.Id,
            Role = plan.Role,
            Status = node.Status,
            DependsOn = [.. plan.Edges.Select(edge => state.Plan.Nodes[edge.Parent].Id)],
            Tasks = withTasks ? [.. node.Tasks.Select((_, task) => Task(state, new TaskSlot(index, task)))] : [],
            TaskCount = node.Tasks.Count,
            ReadyCount = OffersTasks(state, index) ? node.Tasks.CountOf(FlowTaskStatus.Ready) : 0,
            LeasedCount = node.Tasks.CountOf(FlowTaskStatus.Leased),
            CompletedCount = node.CompletedCount,
            Batches = node.Accepted.Count,
            Rows = node.Rows,
            Bytes = node.Bytes,
            Metrics = node.Metrics.IsEmpty ? null : new Dictionary<string, double>(node.Metrics),
            StartedUtc = node.StartedUtc,
            EndedUtc = node.EndedUtc,
            Limit = plan.Window,
            CachedFrom = node.CachedFrom,
            Failure = TaskReports.ToFailure(node.Failure),
            History = withTasks ? [.. RunHistory.OfNode(state, index).Select(ToTransition)] : [],
            Reruns = node.Reruns,
        };
    }

    /// <summary>Nodes from a position on, until the page is full or names many parents.</summary>
    public static NodePage Nodes(GraphRunState state, int begin, int limit, IReadOnlyList<RunStatus> statuses)
    {
        var (nodes, parents) = (new List<NodeView>(), 0);
        for (var node = begin; node < state.Nodes.Count; node++)
        {
            if (statuses.Count > 0 && !statuses.Contains(state.Nodes[node].Status))
            {
                continue;
            }

            if (nodes.Count == limit || parents > NodePage.ParentsMax)
            {
                return new NodePage { Nodes = nodes, Next = node };
            }

            nodes.Add(Node(state, node, withTasks: false));
            parents += nodes[^1].DependsOn.Count;
        }

        return new NodePage { Nodes = nodes };
    }

    /// <summary>Tasks from a position on, until the page is full or their results are long.</summary>
    public static TaskPage Tasks(GraphRunState state, int? onlyNode, int begin, int limit)
    {
        var tasks = new List<TaskView>();
        var (first, end) = onlyNode is { } one ? (one, one + 1) : (0, state.Nodes.Count);
        var (position, chars) = (0, 0);
        for (var node = first; node < end; position += state.Nodes[node].Tasks.Count, node++)
        {
            for (var index = Math.Max(0, begin - position); index < state.Nodes[node].Tasks.Count; index++)
            {
                if (tasks.Count == limit || chars > RunView.ShownResultCharsMax)
                {
                    return new TaskPage { Tasks = tasks, Next = position + index };
                }

                tasks.Add(Task(state, new TaskSlot(node, index)));
                chars += tasks[^1].ResultJson?.Length ?? 0;
            }
        }

        return new TaskPage { Tasks = tasks };
    }

    public static TaskView Task(GraphRunState state, TaskSlot slot)
    {
        var task = state[slot];
        return TaskReports.ToView(
            state.IdOf(slot),
            state.Plan!.Nodes[slot.Node].Role,
            task.Status == FlowTaskStatus.Ready && !OffersTasks(state, slot.Node) ? task with { Status = FlowTaskStatus.Pending } : task) with
        {
            ItemJson = ItemOf(state, slot),
            ChildRun = state.Plan.Nodes[slot.Node].Child is null ? default : RunChildren.IdOf(state, slot),
        };
    }

    /// <summary>Why the parents that failed did; for a node that undoes another, why the run ended.</summary>
    private static IReadOnlyList<ParentFailure> FailuresOf(GraphRunState state, PlanNode plan)
    {
        if (plan.Compensation is not null)
        {
            var failed = state.Nodes.Select((node, index) => (node, index)).FirstOrDefault(one => one.node.Status == RunStatus.Failed);
            return state.Failure is { } why ? [new ParentFailure(failed.node is null ? "" : state.Plan!.Nodes[failed.index].Id, why.Reason, why.Message)] : [];
        }

        return
        [
            .. from edge in plan.Edges
               let failure = state.Nodes[edge.Parent].Failure
               where failure is not null
               select new ParentFailure(state.Plan!.Nodes[edge.Parent].Id, failure.Reason, failure.Message),
        ];
    }

    /// <summary>A task's parameters as JSON; null for none.</summary>
    public static string? ParamsOf(GraphRunState state, TaskSlot slot)
    {
        var plan = state.Plan!.Nodes[slot.Node];
        return plan.Compensation is { } compensation ? compensation.ParamsOf(state, plan.ParamsJson)
            : plan.Foreach is { } scatter ? scatter.ParamsOf(plan.ParamsJson, ItemOf(state, slot)!) : plan.ParamsJson;
    }

    /// <summary>What a task of a scattered node was made for; null for any other task.</summary>
    private static string? ItemOf(GraphRunState state, TaskSlot slot)
    {
        if (state.Plan!.Nodes[slot.Node].Foreach is not { } scatter)
        {
            return null;
        }

        if (scatter.Edge is not { } edge)
        {
            return state.Nodes[slot.Node].Items[slot.Index];
        }

        var parent = state.Plan.Nodes[slot.Node].Edges[edge].Parent;
        if (slot.Index >= state.Nodes[parent].Accepted.Count)
        {
            // The parent runs once more, and has not come so far.
            return $$"""{"node":"{{state.Plan.Nodes[parent].Id}}"}""";
        }

        var batch = state.Nodes[parent].Accepted[slot.Index];
        return string.Create(CultureInfo.InvariantCulture, $$"""{"node":"{{state.Plan.Nodes[parent].Id}}","task":{{batch.Task}},"index":{{batch.Index}}}""");
    }

    /// <summary>Whether a ready task of a node waits for a worker, and not for the end of a pause or an answer. A queue that asks must not offer it then.</summary>
    private static bool OffersTasks(GraphRunState state, int node) => !state.IsPaused && state.Plan!.Nodes[node].NeedsWorker;

    /// <summary>A node's batches from a position on, until the page is full.</summary>
    public static ArtifactPage Artifacts(GraphRunState state, int node, int begin, int limit)
    {
        var tasks = state.Nodes[node].Tasks;
        var batches = new List<ArtifactRef>();
        var position = 0;
        for (var task = 0; task < tasks.Count && batches.Count <= limit; position += tasks[task].Batches.Count, task++)
        {
            for (var index = Math.Max(0, begin - position); index < tasks[task].Batches.Count && batches.Count <= limit; index++)
            {
                batches.Add(Artifact(state, node, task, index));
            }
        }

        // One more than fits says that there is a next page.
        var isFull = batches.Count > limit;
        if (isFull)
        {
            batches.RemoveAt(limit);
        }

        return new ArtifactPage
        {
            Batches = batches, Complete = state.Nodes[node].Status == RunStatus.Completed, Next = isFull ? begin + limit : null,
        };
    }

    public static ArtifactRef Artifact(GraphRunState state, int node, int task, int index)
    {
        var batch = state.Nodes[node].Tasks[task].Batches[index];
        return new ArtifactRef
        {
            Node = state.Plan!.Nodes[node].Id, TaskIndex = task, Index = index, Rows = batch.Rows, Bytes = batch.Bytes, Path = batch.Path, Uid = batch.Uid,
            Epoch = batch.Epoch, Sequence = batch.Sequence + 1, Metrics = batch.Metrics,
        };
    }

    public static LeaseGrant Grant(GraphRunState state, TaskSlot slot)
    {
        var (plan, lease) = (state.Plan!.Nodes[slot.Node], state[slot]);
        var grant = new LeaseGrant
        {
            Token = new LeaseToken(state.IdOf(slot), lease.Epoch),
            Role = plan.Role,
            Attempt = lease.Attempt,
            TaskCount = plan.Foreach is null ? plan.TaskCount : state.Nodes[slot.Node].Tasks.Count,
            ParamsJson = ParamsOf(state, slot),
            ParentFailures = FailuresOf(state, plan),
            Files = state.Plan.Files.IsEmpty ? null : new Dictionary<string, string>(state.Plan.Files),
            AcceptedBatches = lease.StandingCount,
            Parents = [.. InputCursor.Sources(state, slot.Node).Select(parent => state.Plan.Nodes[parent].Id)],
            Timeout = plan.Policy.AttemptTimeout,
            KeepsLostLease = plan.Policy.KeepsLostLease,
            InputAdapter = plan.Input?.Adapter,
            InputArgsJson = plan.Input is { ArgsJson.Length: > 0 } input ? input.ArgsJson : null,
            InputPosition = lease.StandingCount == 0 ? null : lease.Batches[lease.StandingCount - 1].InputPosition,
            CheckpointInputPosition = lease.Checkpoint is { OutputCount: > 0 and var made } && made <= lease.StandingCount ? lease.Batches[made - 1].InputPosition : null,
        };
        return TaskReports.WithPast(grant, lease);
    }
}
