namespace Orleans.Embedded;

/// <summary>A reference to a grain that receives reminders: what the generator would make, but it does not run on this project.</summary>
internal sealed class RemindableReference(GrainReferenceShared shared, IdSpan key) : EmbeddedGrainReference(shared, key), IRemindable
{
    public static GrainInterface Interface { get; } = new(
        typeof(IRemindable), GrainInterfaceType.Create("Orleans.IRemindable"), static (shared, key) => new RemindableReference(shared, key), null);

    public Task ReceiveReminder(string reminderName, TickStatus status) => CallTask(new TickRequest { Name = reminderName, Status = status });

    private sealed class TickRequest : VoidGrainRequest
    {
        private static readonly GrainMethod Shape = new(
            typeof(IRemindable), nameof(IRemindable.ReceiveReminder), [typeof(string), typeof(TickStatus)], GrainMethodOptions.None);

        public string Name { get; set; } = "";

        public TickStatus Status { get; set; }

        public override GrainMethod Method => Shape;

        public override int GetArgumentCount() => 2;

        public override object? GetArgument(int index) => index switch
        {
            0 => Name,
            1 => Status,
            _ => base.GetArgument(index),
        };

        protected override ValueTask RunVoid(object target) => new(((IRemindable)target).ReceiveReminder(Name, Status));
    }
}
