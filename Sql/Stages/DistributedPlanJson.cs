using System.Text.Json.Serialization;

namespace OrleansFlow.Sql.Stages;

/// <summary>How a plan and its stages travel in tickets.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(DistributedPlan))]
[JsonSerializable(typeof(QueryStage))]
public sealed partial class DistributedPlanJson : JsonSerializerContext;
